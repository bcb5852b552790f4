"""Colours under transparent pixels cannot be seen, and count nowhere."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from napari.components import ViewerModel

from napari_neural_style import stylize, stylize_layers
from napari_neural_style.errors import ImageError
from napari_neural_style.pictures.transparency import check_visible, without_hidden
from quick import PATIENCE, QUICK

RNG = np.random.default_rng(0)
PHOTO = RNG.integers(0, 256, (20, 30, 3), np.uint8)
PAINTING = RNG.integers(0, 256, (24, 26, 3), np.uint8)
HIDDEN = {"black": (0, 0, 0), "red": (255, 0, 0), "white": (255, 255, 255)}


def glazed(image: np.ndarray, hidden: tuple[int, int, int], dtype: str = "uint8") -> np.ndarray:
    """Return an image whose right half is transparent, over a colour that cannot be seen."""
    half = image.shape[1] // 2
    rgba = np.dstack([image, np.full(image.shape[:2], 255, np.uint8)])
    rgba[:, half:] = (*hidden, 0)
    if dtype == "float32":
        return (rgba / 255).astype(np.float32)
    return rgba.astype(dtype) * (257 if dtype == "uint16" else 1)


def test_hidden_pixels_take_the_colour_of_the_nearest_visible_ones() -> None:
    rgb = np.zeros((1, 6, 3), np.float32)
    rgb[0, :, 0] = [0.1, 0.2, 0.9, 0.9, 0.9, 0.6]
    alpha = np.array([[255, 1, 0, 0, 0, 255]], np.uint8)
    found = without_hidden(rgb, alpha)[0, :, 0]
    np.testing.assert_allclose(found[[0, 1, 2, 4, 5]], [0.1, 0.2, 0.2, 0.6, 0.6], atol=1e-7)
    assert without_hidden(rgb, None) is rgb
    assert without_hidden(rgb, np.ones((1, 6), np.uint8)) is rgb


def test_what_cannot_be_seen_at_all_is_refused() -> None:
    check_visible(None, "style")
    with pytest.raises(ImageError, match="style is transparent everywhere"):
        check_visible(np.zeros((2, 2)), "style")
    for content, style in ((PHOTO, PAINTING), (PAINTING, PHOTO)):
        for which in (0, 1):
            pair: list[Any] = [content, style]
            pair[which] = np.dstack([pair[which], np.zeros(pair[which].shape[:2], np.uint8)])
            with pytest.raises(ImageError, match="transparent everywhere"):
                stylize(*pair, **QUICK)


LOSSES = [{}, {"style_loss": "wasserstein", "optimizer": "adam"}, {"style_loss": "moments"}]
COLOURS = [{"color": "content"}, {"color": "luminance"}, {"init": "style"}, {"init": "noise"}]


def known(settings: dict[str, Any]) -> bool:
    from napari_neural_style.presets.catalogue import describe

    return all(value in describe(name).get("choices", (value,)) for name, value in settings.items())


SETTINGS = [settings for settings in (*LOSSES, *COLOURS) if known(settings)]


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
@pytest.mark.parametrize("which", ["content", "style"])
def test_hidden_colours_of_arrays_change_nothing(which: str, settings: dict[str, Any]) -> None:
    found = []
    for hidden in HIDDEN.values():
        pair = {"content": PHOTO, "style": PAINTING}
        pair[which] = glazed(pair[which], hidden)
        found.append(stylize(**pair, **QUICK | settings))
    for other in found[1:]:
        np.testing.assert_array_equal(other, found[0])


@pytest.mark.parametrize("dtype", ["uint16", "float32", "int64"])
def test_so_it_is_in_other_types(dtype: str) -> None:
    found = [stylize(PHOTO, glazed(PAINTING, hidden, dtype), **QUICK) for hidden in HIDDEN.values()]
    for other in found[1:]:
        np.testing.assert_array_equal(other, found[0])


@pytest.mark.parametrize(
    "several",
    [
        lambda style: [style, PHOTO],
        lambda style: [(style, 2.0), (PHOTO, 1.0)],
        lambda style: {1: style, 2: PHOTO},
    ],
)
def test_so_it_is_among_several_styles(several: Any) -> None:
    labels = np.ones(PHOTO.shape[:2], int)
    labels[10:] = 2
    found = []
    for hidden in HIDDEN.values():
        styles = several(glazed(PAINTING, hidden))
        mask = labels if isinstance(styles, dict) else None
        found.append(stylize(PHOTO, styles, content_mask=mask, **QUICK))
    for other in found[1:]:
        np.testing.assert_array_equal(other, found[0])


def test_so_it_is_under_a_style_mask() -> None:
    mask = np.zeros(PAINTING.shape[:2], int)
    mask[:12] = 1
    found = [
        stylize(PHOTO, glazed(PAINTING, hidden), style_mask=mask, **QUICK)
        for hidden in HIDDEN.values()
    ]
    for other in found[1:]:
        np.testing.assert_array_equal(other, found[0])
    mask[:] = 0
    mask[:, 20:] = 1
    with pytest.raises(ImageError, match="transparent wherever its mask says"):
        stylize(PHOTO, glazed(PAINTING, (0, 0, 0)), style_mask=mask, **QUICK)


@pytest.mark.parametrize("which", ["photo", "painting", "start"])
def test_so_it_is_in_layers(which: str) -> None:
    found = []
    for hidden in HIDDEN.values():
        pixels = {"photo": PHOTO, "painting": PAINTING, "start": PHOTO[::-1].copy()}
        pixels[which] = glazed(pixels[which], hidden)
        viewer = ViewerModel()
        for name, image in pixels.items():
            viewer.add_image(image, name=name, rgb=True)
        run = stylize_layers(viewer, "photo", "painting", init="start", **QUICK)
        found.append(np.asarray(run.wait(timeout=PATIENCE).layer.data))
    for other in found[1:]:
        np.testing.assert_array_equal(other, found[0])


def test_a_style_is_what_can_be_seen_of_it() -> None:
    """Its visible half alone gives nearly the same colours; with the hidden half it would not."""
    flat = np.full((24, 24, 3), (200, 180, 40), np.uint8)
    run = {**QUICK, "steps": 60, "style_strength": 1.0}
    whole = stylize(PHOTO, flat, **run).astype(float).mean((0, 1))
    half = stylize(PHOTO, glazed(flat, (0, 0, 255)), **run).astype(float).mean((0, 1))
    assert np.abs(whole - half).max() < 12
