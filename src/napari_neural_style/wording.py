"""Settings and durations in words, as users read them."""

from __future__ import annotations

from collections.abc import Mapping

from napari_neural_style.feature_layers import format_layers
from napari_neural_style.one_line import in_one_line

__all__ = ["duration", "in_words", "titled"]


def duration(seconds: float) -> str:
    """Return a duration in words.

    Examples
    --------
    >>> duration(8.3), duration(125), duration(4200)
    ('8 s', '2 min 5 s', '1 h 10 min')
    """
    total = round(seconds)
    if total < 60:
        return f"{total} s"
    if total < 3600:
        return f"{total // 60} min {total % 60} s"
    return f"{total // 3600} h {total % 3600 // 60} min"


def titled(name: str) -> str:
    """Return the name of a setting as users read it."""
    return name.replace("_", " ")


def in_words(value: object) -> str:
    """Return the value of a setting as users read it.

    Examples
    --------
    >>> in_words(0.80000001), in_words({"block1_conv1": 1.0}), in_words({})
    ('0.8', 'block1_conv1: 1', 'none')
    """
    if value is None or value in ({}, ""):
        return "none"
    if isinstance(value, float):
        return f"{value:.6g}"
    # What a record says need not be layers and weights, nor anything that we know.
    if isinstance(value, Mapping) and all(isinstance(w, int | float) for w in value.values()):
        return in_one_line(format_layers(value))
    return in_one_line(value)
