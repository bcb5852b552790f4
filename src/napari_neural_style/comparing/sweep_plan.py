"""The settings and values of a sweep, checked before anything runs."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from napari_neural_style.errors import ImageError, SettingsError
from napari_neural_style.hooks.registered import check_registered
from napari_neural_style.tasks.request import Request
from napari_neural_style.wording import in_words, titled

__all__ = ["STYLE", "Plan"]

#: Varied like a setting: the style image.
STYLE = "style"


@dataclass(frozen=True)
class Plan:
    """The combinations of a sweep, row by row of its grid.

    Parameters
    ----------
    requests : list of Request
        One for each cell, named by the cell's values in words.
    vary : dict of str to list
        One or two settings, or "style", with their values: the first gives the rows, the second the
        columns. A single one gives one row.
    titles : dict of str to list of str
        The same values in words.
    """

    requests: list[Request]
    vary: dict[str, list[Any]]
    titles: dict[str, list[str]]

    @classmethod
    def of(
        cls, vary: Mapping[str, Iterable[Any]], request: Request, given: Collection[str]
    ) -> Plan:
        """Return the plan, with every value checked.

        All cells share `request`; `given` are the settings that were given a single value.

        Raises
        ------
        ImageError
            If styles are varied and there is also a single style, or there is none at all.
        SettingsError
            If there are not one or two settings, one has no values, a value twice or a single value
            as well, or a combination is not allowed.
        """
        if not isinstance(vary, Mapping) or not 1 <= len(vary) <= 2:
            raise SettingsError(
                "Vary one or two settings, as in vary={'style_strength': [0.2, 0.5]}."
            )
        values: dict[str, list[Any]] = {}
        titles: dict[str, list[str]] = {}
        for name, several in vary.items():
            if name in given:
                raise SettingsError(
                    f"{name} is to be varied and has a value of its own as well: give one of them."
                )
            if name == "preset":
                raise SettingsError("A preset cannot be varied: vary its settings.")
            if isinstance(several, str) or not isinstance(several, Iterable):
                raise SettingsError(f"{name}: give a list of values to try.")
            if name == STYLE:
                values[name], titles[name] = _styles(several)
            else:
                values[name] = list(several)
                titles[name] = [f"{titled(name)} {in_words(value)}" for value in values[name]]
            if not values[name]:
                raise SettingsError(f"{name}: give at least one value to try.")
            twice = [t for n, t in enumerate(titles[name]) if t in titles[name][:n]]
            if twice and name != STYLE:
                raise SettingsError(f"{twice[0]} is there twice: give each value once.")
        if STYLE in vary and request.styles is not None:
            raise ImageError(
                "The styles are to be varied, and there is one beside them: give no style."
            )
        if STYLE not in vary and request.styles is None:
            raise ImageError("There is no style: give one, or vary={'style': [...]}.")
        cells = zip(_combinations(values), _product(titles), strict=True)
        requests = [_cell(request, chosen, ", ".join(title)) for chosen, title in cells]
        return cls(requests, values, titles)

    @property
    def combinations(self) -> list[dict[str, Any]]:
        """The values of each cell by name, row by row."""
        return _combinations(self.vary)

    @property
    def labels(self) -> list[str]:
        """The values of each cell in words, such as "style strength 0.2, seed 1"."""
        return [", ".join(chosen) for chosen in _product(self.titles)]

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of the grid."""
        lengths = [len(several) for several in self.vary.values()]
        return (lengths[0], lengths[1]) if len(lengths) == 2 else (1, lengths[0])


def _combinations(vary: Mapping[str, Sequence[Any]]) -> list[dict[str, Any]]:
    return [dict(zip(vary, chosen, strict=True)) for chosen in _product(vary)]


def _cell(request: Request, chosen: dict[str, Any], title: str) -> Request:
    """Return the request of a cell, given the shared one."""
    changes = {name: value for name, value in chosen.items() if name != STYLE}
    settings = request.settings
    if changes:
        settings = settings.replace(**changes)
        check_registered(settings)
    styles = chosen.get(STYLE, request.styles)
    return request.replace(styles=styles, settings=settings, name=title)


def _product(several: Mapping[str, Sequence[Any]]) -> Iterator[tuple[Any, ...]]:
    return itertools.product(*several.values())


def _styles(several: Iterable[Any]) -> tuple[list[Any], list[str]]:
    """Return styles and their titles: keys of a mapping, names of layers, or numbers."""
    if isinstance(several, Mapping):
        return list(several.values()), [f"style {name}" for name in several]
    styles = list(several)
    names = [
        style if isinstance(style, str) else getattr(style, "name", number)
        for number, style in enumerate(styles, 1)
    ]
    return styles, [f"style {name}" for name in names]
