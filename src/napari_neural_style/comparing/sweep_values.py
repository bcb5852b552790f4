"""Which settings are worth a sweep, and values for them without typing: ranges and choices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from napari_neural_style.comparing.sweep_plan import STYLE
from napari_neural_style.feature_layers import FEATURE_LAYERS
from napari_neural_style.presets.catalogue import describe
from napari_neural_style.settings import setting_names

__all__ = ["Range", "choices_for", "range_for", "spread", "worth_varying"]

#: Those people vary most; all others follow.
_FIRST = ("style_strength", "seed", STYLE, "style_scale", "color")
#: Without a mask, a film or a stack they change nothing; or the picture is the same with all.
_IDLE = {
    "preset",
    "weights",
    "update_every",
    "temporal_weight",
    "mask_softness",
    "mask_levels",
    "tile",
    "device",
}
#: Twice as much means the same anywhere: values lie at equal factors, not at equal distances.
_BY_FACTORS = {
    "size",
    "steps",
    "smallest_scale",
    "style_scale",
    "content_weight",
    "style_weight",
    "tv_weight",
    "learning_rate",
    "epsilon",
}
#: Where a range begins and ends, if its default does not say so.
_USUAL = {"style_strength": (0.2, 0.8), "finish_steps": (0, 60)}
_FACTOR, _SHARE, _COUNT = 2.0, 0.3, 2
#: A range of no more than this is small enough for a slider.
_SLIDER = 4.0


@dataclass(frozen=True)
class Range:
    """Numbers that a setting can have, and those to begin with.

    Parameters
    ----------
    minimum, maximum : float
        What the setting allows.
    low, high : float
        Where a sweep begins and ends.
    whole : bool
        Whether they are integers.
    by_factors : bool
        Whether values lie at equal factors.
    """

    minimum: float
    maximum: float
    low: float
    high: float
    whole: bool
    by_factors: bool

    @property
    def for_slider(self) -> bool:
        """Whether the whole of it can be told apart on a slider."""
        return not self.whole and self.maximum - self.minimum <= _SLIDER and self.minimum >= 0


def worth_varying() -> list[str]:
    """Return the names of what can be varied, those that people vary most at first."""
    return [*_FIRST, *(n for n in setting_names() if n not in _FIRST and n not in _IDLE)]


def range_for(name: str) -> Range | None:
    """Return the range of a setting that is a number; None if it is none.

    Examples
    --------
    >>> found = range_for("style_scale")
    >>> found.low, found.high, found.by_factors
    (0.5, 2.0, True)
    """
    about = {} if name == STYLE else describe(name)
    default = about.get("default")
    if isinstance(default, bool) or not isinstance(default, int | float):
        return None
    least, most = float(about["minimum"]), float(about["maximum"])
    by_factors = name in _BY_FACTORS
    if name in _USUAL:
        low, high = _USUAL[name]
    elif by_factors:
        low, high = default / _FACTOR, default * _FACTOR
    elif isinstance(default, int):
        low, high = default, default + _COUNT
    else:
        low, high = default - _SHARE, default + _SHARE
    low, high = (min(max(float(end), least), most) for end in (low, high))
    return Range(least, most, low, high, isinstance(default, int), by_factors)


def choices_for(name: str) -> list[Any]:
    """Return the values of a setting that is a choice; feature layers stand alone, each.

    Examples
    --------
    >>> choices_for("color")
    ['style', 'content', 'luminance']
    """
    about = describe(name)
    if isinstance(about["default"], dict):
        return [{layer: 1.0} for layer in FEATURE_LAYERS]
    # An image to start from comes with a layer, and is not varied.
    return [choice for choice in about.get("choices", ()) if (name, choice) != ("init", "image")]


def spread(about: Range, low: float, high: float, count: int) -> list[Any]:
    """Return so many values from one to another, without digits that mean nothing.

    Integers that would be the same come once.

    Examples
    --------
    >>> spread(range_for("style_strength"), 0.2, 0.8, 3)
    [0.2, 0.5, 0.8]
    >>> spread(range_for("seed"), 0, 1, 5)
    [0, 1]
    """
    shares = [k / (count - 1) for k in range(count)] if count > 1 else [0.0]
    if about.by_factors and low > 0:
        values = [low * (high / low) ** share for share in shares]
    else:
        values = [low + (high - low) * share for share in shares]
    rounded = [round(value) if about.whole else float(f"{value:.3g}") for value in values]
    # Rounded, an end may lie beyond what the setting allows.
    inside = [min(max(value, about.minimum), about.maximum) for value in rounded]
    kind = int if about.whole else float
    return list(dict.fromkeys(map(kind, inside)))
