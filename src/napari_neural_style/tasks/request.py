"""`Request`: what was asked, as one value, from wherever it was asked. Qt-free.

The dock, the console, the command line, batches, sweeps, History and a saved record all make or
read this one value. Of presets, only what they say where it is made counts for the painting.
"""

from __future__ import annotations

import dataclasses
import os
import weakref
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from numbers import Real
from typing import Any, Literal

from napari_neural_style.errors import ImageError, SettingsError
from napari_neural_style.looks.look import Look, is_look, look_of, opened
from napari_neural_style.one_line import brief
from napari_neural_style.presets import catalogue
from napari_neural_style.records.records import begun_with
from napari_neural_style.records.schema import OwnRecord, checked_inputs
from napari_neural_style.settings import LARGEST_SIZE, Settings, check_setting_names

__all__ = ["Request", "is_layer", "name_of"]


@dataclass(frozen=True, kw_only=True)
class Request:
    """What was asked: content, styles, where, and how.

    Images are given as arrays, or as layers of a viewer by themselves or by their names. Whoever
    reads them reads them at once: what happens to a layer later changes nothing.

    Parameters
    ----------
    content : array, layer or str
        ``"view"`` is all visible layers, blended as they are displayed.
    styles : array, layer, str, list or dict
        One style; several, or pairs with a weight, which are blended; or a dict from labels of the
        content's mask to any of these. Or a `Look`, which stands alone.
    settings : Settings
        With everything that a preset stands for.
    content_mask, style_mask : array, layer or str, optional
    init : array, layer or str, optional
        The image to start from; ``settings.init`` is "image" then.
    region : layer, str or ((int, int), (int, int)), optional
        Shapes that say which part of the content is painted, or that part in pixels.
    slices : {"current", "all"}
    temporal_consistency : float
    enlarge : bool
        Whether a content that is smaller than ``settings.size`` is brought to that size first, so
        that a result can be painted larger than its content.
    name : str, optional
        For the result layer; by default made from the names of the others.

    Raises
    ------
    SettingsError
        If one of these cannot be.
    """

    content: Any
    styles: Any = None
    settings: Settings = dataclasses.field(default_factory=Settings)
    content_mask: Any = None
    style_mask: Any = None
    init: Any = None
    region: Any = None
    slices: Literal["current", "all"] = "current"
    temporal_consistency: float = 0.0
    enlarge: bool = False
    name: str | None = None

    def __post_init__(self) -> None:
        if self.slices not in ("current", "all"):
            raise SettingsError(f"slices is {brief(self.slices)}: it must be 'current' or 'all'.")
        if not 0 <= self.temporal_consistency <= 1:
            raise SettingsError(
                f"temporal_consistency is {brief(self.temporal_consistency)}: it must lie between "
                f"0 and 1."
            )
        if self.init is None and self.settings.init == "image":
            raise SettingsError(
                "init is 'image', but no image to start from was given: give the image itself as "
                "init, or start from 'content'."
            )
        if self.init is not None and self.settings.init != "image":
            object.__setattr__(self, "settings", self.settings.replace(init="image"))
        # A file is where the caller is now: not where the engine is, nor where anybody goes later.
        weights = _absolute(self.settings.weights)
        if weights != self.settings.weights:
            object.__setattr__(self, "settings", self.settings.replace(weights=weights))

    @classmethod
    def of(
        cls,
        content: Any,
        styles: Any = None,
        /,
        *,
        preset: str = "balanced",
        init: Any = None,
        **options: Any,
    ) -> Request:
        """Return the request that a preset and keywords describe, as `stylize_layers` has them.

        Parameters
        ----------
        content, styles
            As for `Request`.
        preset : str
            A name in `napari_neural_style.PRESETS`; looked up here, and never again.
        init : str, array or layer, optional
            As `Settings.init`, or an image to start from, or the name of a layer.
        **options
            Further fields of a `Request`, and those of `Settings` that shall differ from the
            preset.

        Raises
        ------
        SettingsError
            If there is no such preset or setting, or a value cannot be.
        """
        if is_look(styles):
            styles = look_of(styles)
            # A look paints the content's own pixels, unless another size is asked for.
            options.setdefault("size", LARGEST_SIZE)
        asked = {name: options.pop(name) for name in _FURTHER & options.keys()}
        if isinstance(init, str) and init in catalogue.describe("init")["choices"]:
            options["init"], init = init, None
        elif init is not None:
            options["init"] = "image"
        settings = catalogue.settings(preset, **options)
        return cls(content=content, styles=styles, settings=settings, init=init, **asked)

    @classmethod
    def of_arrays(
        cls,
        content: Any,
        styles: Any = None,
        /,
        *,
        content_mask: Any = None,
        style_mask: Any = None,
        init: Any = None,
        **settings: Any,
    ) -> Request:
        """Return the request that a preset and keywords describe, as `stylize` has them.

        Raises
        ------
        SettingsError
            As `of` does; and if `init` is a name that is none of the choices.
        """
        check_setting_names(settings)
        choices = catalogue.describe("init")["choices"]
        if isinstance(init, str) and init not in choices:
            raise SettingsError(f"init is {init!r}: it must be one of {choices}, or an image.")
        styles = opened(styles)
        masks = {"content_mask": content_mask, "style_mask": style_mask}
        return cls.of(content, styles, init=init, **masks, **settings)

    def replace(self, /, **changes: Any) -> Request:
        """Return a copy with `changes` of its fields."""
        return dataclasses.replace(self, **changes)

    def with_layers(self, change: Callable[[Any], Any]) -> Request:
        """Return a copy in which each layer, or name of one, is what a function makes of it.

        Parameters
        ----------
        change : callable
            Given whatever stands for a layer: itself, its name, or what `change` made of it before.
        """

        def changed(value: Any) -> Any:
            if isinstance(value, Mapping):
                return {label: changed(several) for label, several in value.items()}
            if isinstance(value, list | tuple):
                return type(value)(changed(item) for item in value)
            if isinstance(value, str | weakref.ref) or is_layer(value):
                return change(value)
            return value

        return self.replace(**{what: changed(getattr(self, what)) for what in _LAYERS})

    def to_record(self) -> dict[str, Any]:
        """Return the request as plain values that JSON can hold: layers by name, arrays as None.

        Returns
        -------
        dict
            ``"settings"``, as JSON text; and ``"inputs"``: ``"content"``; ``"style"``, the names of
            the styles in one text; ``"styles"`` as they were given, where that says more;
            ``"content_mask"``, ``"style_mask"``, ``"init"``, ``"region"`` (a name) or ``"window"``
            (pixels), ``"slices"``, ``"temporal_consistency"``, ``"enlarge"`` and ``"name"``, as far
            as there are any.
        """
        inputs: dict[str, Any] = {"content": name_of(self.content)}
        inputs["style"] = ", ".join(dict.fromkeys(_names(self.styles)))
        if (given := _structure(self.styles)) != inputs["style"]:
            inputs["styles"] = given
        for what in ("content_mask", "style_mask", "init"):
            if (image := getattr(self, what)) is not None:
                inputs[what] = name_of(image)
        if isinstance(self.styles, Look):
            inputs["look"] = self.styles.to_record()
        if isinstance(self.region, tuple):
            inputs["window"] = [list(ends) for ends in self.region]
        elif self.region is not None:
            inputs["region"] = name_of(self.region)
        if self.slices == "all":
            inputs["slices"] = "all"
            inputs["temporal_consistency"] = self.temporal_consistency
        if self.enlarge:
            inputs["enlarge"] = True
        if self.name is not None:
            inputs["name"] = self.name
        return OwnRecord(settings=self.settings.to_json(), inputs=inputs)

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Request:
        """Return the request that a result's record tells of, with the names of its layers.

        Parameters
        ----------
        record : mapping
            As `to_record` returns it, or a result carries it.

        Raises
        ------
        ImageError
            If an input was an array, which no record holds, or the record is damaged.
        SettingsError
            If its settings cannot be, for instance because they come from a later version.
        """
        settings = begun_with(record)
        inputs = checked_inputs(record)
        others: dict[str, Any] = {
            what: _named(inputs[what], what.replace("_", " "))
            for what in ("content_mask", "style_mask", "init")
            if what in inputs
        }
        others |= {what: inputs[what] for what in _AS_THEY_STAND if what in inputs}
        if "look" in inputs:
            raise ImageError(
                f"It was painted with the look {brief(inputs.get('style'))}, and no record holds a "
                f"look: load it, and paint with it again."
            )
        try:
            if "window" in inputs:
                (top, bottom), (left, right) = inputs["window"]
                others["region"] = (top, bottom), (left, right)
            return cls(
                content=_named(inputs["content"], "content"),
                styles=_styles(inputs.get("styles", inputs.get("style"))),
                settings=settings,
                **others,
            )
        except (KeyError, TypeError, ValueError) as error:
            if isinstance(error, ImageError | SettingsError):
                raise
            raise ImageError(f"The record of the inputs is damaged ({error}).") from error


#: What `Request.of` takes beside settings.
_FURTHER = {"content_mask", "style_mask", "region", "slices", "temporal_consistency", "name"}
_LAYERS = ("content", "styles", "content_mask", "style_mask", "init", "region")
_AS_THEY_STAND = ("region", "slices", "temporal_consistency", "enlarge", "name")


def _absolute(weights: str) -> str:
    """Return the path of a weights file from the root on; the other choices as they are."""
    if weights in ("auto", "imagenet"):
        return weights
    try:
        return os.path.abspath(os.path.expanduser(weights))
    except OSError:  # The present folder was deleted: the engine says that there is no such file.
        return weights


def name_of(image: Any) -> str | None:
    """Return the name of a layer, given itself or its name, or of a look; None for an array."""
    if isinstance(image, str):
        return image
    if isinstance(image, Look):
        return image.name
    return str(image.name) if is_layer(image) else None


def is_layer(value: object) -> bool:
    """Return whether it is a layer of napari."""
    from napari.layers import Layer

    return isinstance(value, Layer)


def _names(styles: Any) -> list[str]:
    """Return the names of all styles, wherever they stand."""
    if isinstance(styles, Mapping):
        return [name for several in styles.values() for name in _names(several)]
    if isinstance(styles, list | tuple):
        return [name for item in styles if not isinstance(item, Real) for name in _names(item)]
    return [] if styles is None else [name_of(styles) or "an array"]


def _structure(styles: Any) -> Any:
    """Return the names of the styles in the structure they were given; None for an array."""
    if isinstance(styles, Mapping):
        return {str(label): _structure(several) for label, several in styles.items()}
    if isinstance(styles, list | tuple):
        return [float(s) if isinstance(s, Real) else _structure(s) for s in styles]
    return name_of(styles)


def _styles(given: Any) -> Any:
    """Return the styles that `_structure` tells of."""
    if isinstance(given, Mapping):
        return {int(label): _styles(several) for label, several in given.items()}
    if isinstance(given, list):
        return [item if isinstance(item, int | float) else _styles(item) for item in given]
    return _named(given, "style")


def _named(name: Any, what: str) -> str:
    if not isinstance(name, str):
        raise ImageError(
            f"It cannot be painted again as it was: the {what} was an array, and a record holds "
            f"the names of layers only."
        )
    return name
