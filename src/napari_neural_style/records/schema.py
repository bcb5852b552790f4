"""What a record may say: the one check of records that come from files, layers and callers.

A record tells about a picture; it is never an order. What it says of the result is left out where
it is of another type; what it says of how to paint it again is checked when that is asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Annotated, Any

from pydantic import AfterValidator, Field, TypeAdapter, ValidationError
from typing_extensions import TypedDict  # pydantic takes no other before Python 3.12

from napari_neural_style.errors import ImageError, SettingsError
from napari_neural_style.one_line import in_one_line
from napari_neural_style.plain_values import parsed, plain
from napari_neural_style.settings import STEERABLE

__all__ = ["OwnRecord", "checked_inputs", "checked_record", "checked_sliders"]
__all__ += ["checked_stages"]


class OwnRecord(dict[str, Any]):
    """A record that this process has made of a run of its own; any other may be a stranger's."""


def _steerable(changes: dict[str, float]) -> dict[str, float]:
    for name in changes:
        if name not in STEERABLE:
            raise ValueError(f"{in_one_line(name)} cannot change during a run")
    return changes


_Text = Annotated[str, Field(strict=True)]
_Count = Annotated[int, Field(strict=True, ge=0, le=2**31)]
_Place = Annotated[int, Field(strict=True)]
_Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]
_Span = tuple[_Place, _Place]


class _Inputs(TypedDict, total=False):
    """What was painted from; the structure of ``styles`` is for `Request` to read."""

    content: _Text | None
    style: _Text | None
    content_mask: _Text | None
    style_mask: _Text | None
    init: _Text | None
    region: _Text | None
    window: tuple[_Span, _Span]
    temporal_consistency: _Number
    enlarge: Annotated[bool, Field(strict=True)]
    name: _Text
    layers: list[_Text]
    fingerprint: _Text
    mask_painted: list[_Count]


class _Sliders(TypedDict):
    point: list[_Number]
    margins: tuple[list[_Number], list[_Number]]
    order: list[_Count]


def _agreeing(sliders: _Sliders) -> _Sliders:
    axes = len(sliders["point"])
    if sorted(sliders["order"]) != list(range(axes)):
        raise ValueError("the order is not one of the axes")
    if any(len(side) != axes for side in sliders["margins"]):
        raise ValueError("there are not as many margins as axes")
    return sliders


class _Changes(TypedDict, total=False):
    steps: _Count


class _Stage(TypedDict):
    step: _Count
    changes: _Changes
    steering: list[tuple[_Count, Annotated[dict[_Text, _Number], AfterValidator(_steerable)]]]


class _Weights(TypedDict):
    title: _Text
    sha256: _Text


_SLIDERS = Annotated[_Sliders, AfterValidator(_agreeing)]
#: What a record says of its result; nothing is painted by it.
_TOLD: dict[str, Any] = {
    "features": _Text,
    "weights": _Weights,
    "style_loss": _Text,
    "device": _Text,
    "precision": _Text,
    "step": _Count,
    "seconds": Annotated[float, Field(strict=True, ge=0, le=1e9)],
    "losses": dict[_Text, _Number | None],
    "notices": list[_Text],
    "versions": dict[_Text, _Text],
    "slices": list[_Count],
}
_KINDS = {**_TOLD, "inputs": _Inputs, "sliders": _SLIDERS, "stages": list[_Stage]}


def checked_record(value: object) -> dict[str, Any] | None:
    """Return a record, once it is known to be one; None if it is none.

    Parameters
    ----------
    value : object
        Whatever stands where a record should.

    Returns
    -------
    dict or None
        Plain values of 1 MB at most. ``settings`` is JSON text of names and values; what is said
        of the result has its type or is left out; other keys are kept, for versions to come.
    """
    if isinstance(value, OwnRecord):
        return value
    if not isinstance(value, Mapping):
        return None
    try:
        record: dict[str, Any] = plain(value)
        if not isinstance(parsed(record.get("settings", "")), dict):
            return None
    except Exception:  # noqa: BLE001 (a layer's metadata can be anybody's objects)
        return None
    return {
        name: said for name, said in record.items() if name not in _TOLD or not _problem(name, said)
    }


def checked_inputs(record: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what a record says of the layers that it was painted from.

    Raises
    ------
    ImageError
        If it says nothing, or is damaged.
    """
    inputs = record.get("inputs")
    if not isinstance(inputs, Mapping) or "content" not in inputs:
        raise ImageError("The record does not say from which layers it was painted.")
    if problem := _problem("inputs", inputs):
        raise ImageError(f"The record of the inputs is damaged ({problem}).")
    return inputs


def checked_sliders(sliders: object) -> Mapping[str, Any]:
    """Return what the inputs of a record say of a viewer's sliders.

    Raises
    ------
    ImageError
        If it is damaged.
    """
    if problem := _problem("sliders", sliders):
        raise ImageError(f"The record of the sliders is damaged ({problem}).")
    assert isinstance(sliders, Mapping)
    return sliders


def checked_stages(record: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return what a record says of how the run was steered and continued.

    Raises
    ------
    SettingsError
        If it is damaged.
    """
    stages = record.get("stages", [])
    if problem := _problem("stages", stages):
        raise SettingsError(f"The record of how the run was steered is damaged ({problem}).")
    return list(stages)


def _problem(name: str, said: object) -> str:
    """Return what of a part of a record is not as it should be, in a few words; "" if all is."""
    try:
        _adapter(name).validate_python(said)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = " ".join(in_one_line(part) for part in first["loc"])
        text = f"{first['msg'][:1].lower()}{first['msg'][1:]}"
        return f"{place}: {text}" if place else text
    return ""


@cache
def _adapter(name: str) -> TypeAdapter[Any]:
    return TypeAdapter(_KINDS[name])
