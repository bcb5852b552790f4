"""The current view as one picture: all visible images, blended as napari blends them."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import pytest
from napari.components import ViewerModel
from napari.layers import Layer

from napari_neural_style.errors import ImageError
from napari_neural_style.viewing.placement import Placement
from napari_neural_style.viewing.planes import Sliders
from napari_neural_style.viewing.views import View

RNG = np.random.default_rng(3)
RED, GREEN = RNG.random((2, 6, 8))


def _seen(viewer: ViewerModel, leave_out: Collection[Layer] = ()) -> tuple[np.ndarray, Placement]:
    return View.of(viewer, leave_out).read_at(Sliders.of(viewer))


def _channels(viewer: ViewerModel, **options: object) -> None:
    options = {"contrast_limits": (0, 1), **options}
    viewer.add_image(RED, colormap="red", **options)
    viewer.add_image(GREEN, colormap="green", **options)


def test_additive_channels_add_up() -> None:
    viewer = ViewerModel()
    _channels(viewer, blending="additive")
    viewer.add_image(0.7 * RED, colormap="yellow", blending="additive", contrast_limits=(0, 1))
    rgb, placement = _seen(viewer)
    expected = np.stack([RED + 0.7 * RED, GREEN + 0.7 * RED, 0 * RED], axis=-1)
    np.testing.assert_allclose(rgb, np.clip(expected, 0, 1), atol=6e-3)
    assert rgb.dtype == np.float32
    assert placement.picture(rgb).shape == (6, 8, 3)


def test_opacity_weighs_what_is_added() -> None:
    viewer = ViewerModel()
    _channels(viewer, blending="additive", opacity=0.25)
    expected = np.stack([0.25 * RED, 0.25 * GREEN, 0 * RED], axis=-1)
    np.testing.assert_allclose(_seen(viewer)[0], expected, atol=3e-3)


def test_a_translucent_layer_covers_by_its_opacity() -> None:
    viewer = ViewerModel()
    _channels(viewer, blending="translucent")
    viewer.layers[1].opacity = 0.4
    expected = np.stack([0.6 * RED, 0.4 * GREEN, 0 * RED], axis=-1)
    np.testing.assert_allclose(_seen(viewer)[0], expected, atol=3e-3)


def test_the_minimum_of_inverted_channels_is_taken() -> None:
    viewer = ViewerModel()
    viewer.add_image(RED, colormap="I Forest", blending="minimum", contrast_limits=(0, 1))
    viewer.add_image(GREEN, colormap="I Blue", blending="minimum", contrast_limits=(0, 1))
    alone = []
    for hidden in (1, 0):
        viewer.layers[hidden].visible = False
        alone.append(_seen(viewer)[0])
        viewer.layers[hidden].visible = True
    assert np.ptp(alone[0]) > 0.3
    np.testing.assert_allclose(_seen(viewer)[0], np.minimum(*alone), atol=1e-6)


@pytest.mark.parametrize(
    ("blending", "expected"), [("opaque", (0, 0.5, 0)), ("multiplicative", (0, 0, 0))]
)
def test_opaque_and_multiplicative_layers(blending: str, expected: tuple[float, ...]) -> None:
    viewer = ViewerModel()
    flat = np.full((5, 6), 0.5)
    viewer.add_image(flat, colormap="red", contrast_limits=(0, 1))
    viewer.add_image(flat, colormap="green", contrast_limits=(0, 1), blending=blending)
    np.testing.assert_allclose(_seen(viewer)[0][2, 3], expected, atol=3e-3)


def test_rgba_shows_what_lies_below_and_the_canvas_below_all() -> None:
    viewer = ViewerModel()
    viewer.canvas.background_color_override = (0, 0, 1, 1)
    below = np.full((4, 4, 4), 255, np.uint8)
    below[:2, :, 3] = 0
    above = np.zeros((4, 4, 4), np.uint8)
    above[:, :2, 0], above[:, :2, 3] = 255, 51
    viewer.add_image(below, rgb=True)
    viewer.add_image(above, rgb=True)
    rgb, placement = _seen(viewer)
    np.testing.assert_allclose(rgb[0, 3], (0, 0, 1))
    np.testing.assert_allclose(rgb[0, 0], (0.2, 0, 0.8), atol=1e-6)
    np.testing.assert_allclose(rgb[3, 3], (1, 1, 1))
    np.testing.assert_allclose(rgb[3, 0], (1, 0.8, 0.8), atol=1e-6)
    assert placement.alpha is None, "the picture is what is seen through it, too"


def test_a_layer_of_another_grid_is_brought_over() -> None:
    viewer = ViewerModel()
    viewer.add_image(np.zeros((8, 10)), contrast_limits=(0, 1))
    # Four large pixels over the middle of the other, and nothing around them.
    viewer.add_image(
        np.array([[0.2, 0.4], [0.6, 0.8]]),
        contrast_limits=(0, 1),
        blending="additive",
        scale=(2, 3),
        translate=(2.5, 3),
    )
    expected = np.zeros((8, 10))
    expected[2:4, 2:5], expected[2:4, 5:8] = 0.2, 0.4
    expected[4:6, 2:5], expected[4:6, 5:8] = 0.6, 0.8
    np.testing.assert_allclose(_seen(viewer)[0][..., 1], expected, atol=2e-3)


def test_the_slices_at_the_slider_are_blended() -> None:
    viewer = ViewerModel()
    stack = np.arange(5, dtype=np.uint8).reshape(5, 1, 1) * np.ones((1, 4, 6), np.uint8)
    viewer.add_image(np.full((4, 6), 5, np.uint8), contrast_limits=(0, 10), colormap="red")
    viewer.add_image(stack, contrast_limits=(0, 10), colormap="green", blending="additive")
    viewer.dims.set_current_step(0, 3)
    rgb, placement = _seen(viewer)
    np.testing.assert_allclose(rgb[1, 1], (0.5, 0.3, 0), atol=3e-3)
    assert placement.picture(rgb).shape == (1, 4, 6, 3), "the result belongs to the slice"


def test_annotations_hidden_layers_earlier_results_and_the_style_are_left_out() -> None:
    viewer = ViewerModel()
    _channels(viewer, blending="additive")
    expected = _seen(viewer)[0]
    viewer.add_labels(np.ones((6, 8), int))
    viewer.add_shapes(np.array([[0, 0], [5, 5], [0, 5]]), shape_type="polygon")
    viewer.add_image(np.ones((6, 8)), visible=False)
    viewer.add_image(np.ones((6, 8)), metadata={"neural_style": {}})
    style = viewer.add_image(RNG.random((9, 9, 3)), rgb=True)
    np.testing.assert_array_equal(_seen(viewer, [style])[0], expected)


def test_a_view_of_nothing_is_refused() -> None:
    viewer = ViewerModel()
    viewer.add_image(np.ones((6, 8)), visible=False)
    with pytest.raises(ImageError, match=r"No image is visible.*show one"):
        _seen(viewer)
