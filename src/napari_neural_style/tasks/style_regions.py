"""Styles and masks as users give them, to the regions of a job: which styles go where."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from os import PathLike
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from napari_neural_style.errors import ImageError
from napari_neural_style.job import Region, Style
from napari_neural_style.looks.look import Look, is_look, opened
from napari_neural_style.pictures.arrays import as_array
from napari_neural_style.pictures.images import FloatImage, to_rgb
from napari_neural_style.pictures.levels import white_of
from napari_neural_style.pictures.masks import guide_of, label_guide, labels_in, read_mask
from napari_neural_style.pictures.sharing import shared
from napari_neural_style.pictures.transparency import check_visible, without_hidden

__all__ = ["Styles", "label_groups", "read_styles", "regions_of"]

#: One style, several with or without weights, or one or several for each label.
Styles = ArrayLike | Sequence[Any] | Mapping[int, Any]


def regions_of(
    styles: Styles | None, mask: NDArray[Any] | None, style_mask: ArrayLike | None
) -> tuple[Region, ...]:
    """Return which styles go where.

    Parameters
    ----------
    styles : Styles or None
    mask : ndarray, shape (H, W), or None
        Of the content, as `napari_neural_style.pictures.masks.read_mask` returns it.
    style_mask : array_like, shape (h, w), or None

    Raises
    ------
    ImageError
        If something does not fit, in a sentence that says what.
    """
    if isinstance(styles, Mapping):
        if style_mask is not None:
            raise ImageError("A style mask goes with one style: give no styles by label.")
        return _by_label(styles, mask)
    several = _several(styles)
    if style_mask is None:
        return (Region(several, None if mask is None else guide_of(mask)),)
    if len(several) > 1:
        raise ImageError("A style mask goes with one style: give one image.")
    style = several[0]
    parts = read_mask(style_mask, style.image.shape[:2], "style mask", "style")
    if mask is None:
        return (Region((_part(style, guide_of(parts)),)),)
    if "f" in (parts.dtype.kind, mask.dtype.kind):
        return (Region((_part(style, guide_of(parts)),), guide_of(mask)),)
    there = labels_in(mask, "content mask")
    shared = [label for label in labels_in(parts, "style mask") if label and label in there]
    if not shared:
        raise ImageError(
            f"The masks have no label in common: the content's are {_listed(there)}, the style's "
            f"{_listed(labels_in(parts, 'style mask'))}."
        )
    return tuple(
        Region((_part(style, label_guide(parts, label)),), label_guide(mask, label))
        for label in shared
    )


def _part(style: Style, guide: FloatImage) -> Style:
    """Return the part of a style that a guide leaves, as far as it can be seen."""
    if style.guide is not None:
        guide = guide * style.guide
        if not guide.any():
            raise ImageError("The style is transparent wherever its mask says: paint it elsewhere.")
    return Style(style.image, guide=guide)


def _by_label(styles: Mapping[int, Any], mask: NDArray[Any] | None) -> tuple[Region, ...]:
    if mask is None:
        raise ImageError("Styles by label need a content mask with those labels.")
    if not styles:
        raise ImageError("There is no style: give at least one.")
    there = labels_in(mask, "content mask")
    for label in styles:
        if label not in there:
            raise ImageError(
                f"There is a style for the label {label!r}, which the content mask does not have: "
                f"its labels are {_listed(there)}."
            )
    return tuple(
        Region(_several(styles[labels[0]]), guide_of(np.isin(mask, labels)))
        for labels in label_groups(styles)
    )


def label_groups(styles: Any) -> list[list[int]]:
    """Return the labels of each region, given the styles by label; nothing if they are not.

    Labels of the same style are one region: less to compute, and no seam between them.
    """
    together: dict[Any, list[int]] = {}
    for label, several in styles.items() if isinstance(styles, Mapping) else ():
        together.setdefault(_identity(several), []).append(label)
    return list(together.values())


def _identity(styles: Any) -> Any:
    """Return what is the same for the same images with the same weights, and hashable."""
    if _is_sequence(styles):
        return tuple(_identity(item) for item in styles)
    return styles if np.isscalar(styles) else id(styles)


def _several(styles: Any) -> tuple[Style, ...]:
    """Return one or several styles, as users give them."""
    if is_look(styles) or (_is_sequence(styles) and any(map(_has_look, styles))):
        raise ImageError("A look stands alone: give it as the style, not in a list or by label.")
    if styles is None or (_is_sequence(styles) and len(styles) == 0):
        raise ImageError("There is no style: give at least one.")
    if not (_is_sequence(styles) and all(map(_is_style, styles))):
        return (_style(styles),)
    found = []
    for item in styles:
        image, weight = item if _is_pair(item) else (item, 1.0)
        if not (np.isfinite(weight) and weight >= 0):
            raise ImageError(f"The weight of a style is {weight}: it must be 0 or more.")
        if weight:
            found.append(_style(image, float(weight)))
    if not found:
        raise ImageError("All styles have the weight 0: give at least one a weight above 0.")
    return tuple(found)


def read_styles(styles: Any) -> Any:
    """Return one or several styles with files and lazy arrays read, for whoever needs them often.

    Raises
    ------
    ImageError
        If there is none, or one cannot be.
    """
    styles = opened(styles)
    if isinstance(styles, Look):
        return styles
    if _is_sequence(styles) and styles and all(map(_is_style, styles)):
        pairs = [item if _is_pair(item) else (item, 1.0) for item in styles]
        found: Any = [(as_array(image, "style"), weight) for image, weight in pairs]
    else:
        found = as_array(styles, "style")
    _several(found)  # says what is wrong with them
    return found


def _style(image: Any, weight: float = 1.0) -> Style:
    """Return a style as it is seen: it counts less where it is transparent."""
    array = as_array(image, "style")
    rgb, alpha = to_rgb(array, "style")
    if alpha is None:
        return Style(shared(rgb), weight)
    check_visible(alpha, "style")
    share = to_rgb(alpha, "style", white_of(array))[0][..., 0]
    return Style(without_hidden(rgb, alpha), weight, None if (share >= 1).all() else share)


def _has_look(item: Any) -> bool:
    return is_look(item) or (_is_sequence(item) and any(map(is_look, item)))


def _is_sequence(value: Any) -> bool:
    return isinstance(value, list | tuple)


def _is_style(item: Any) -> bool:
    """Return whether it is an image, or one with its weight, rather than a row of pixels."""
    if isinstance(item, str | PathLike) or hasattr(item, "getexif"):  # a file; an image of Pillow's
        return True
    return _is_pair(item) or (hasattr(item, "ndim") and item.ndim >= 2)


def _is_pair(item: Any) -> bool:
    if not (_is_sequence(item) and len(item) == 2):
        return False
    is_weight = np.ndim(item[1]) == 0 and not isinstance(item[1], str | PathLike)
    return is_weight and (isinstance(item[0], str) or not np.isscalar(item[0]))


def _listed(labels: Sequence[int]) -> str:
    return ", ".join(map(str, labels[:20])) + (" ..." if len(labels) > 20 else "")
