"""Reading layers: what the user sees is what is painted."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from napari.components import ViewerModel
from napari.layers import Image
from napari.utils.colormaps import Colormap

from napari_neural_style.errors import ImageError
from napari_neural_style.viewing.layers import find_layer, find_region, read_layer


def _read(layer: Image) -> np.ndarray:
    return read_layer(ViewerModel(), layer)[0]


def _ramp(height: int = 6, width: int = 7, top: float = 100.0) -> np.ndarray:
    return np.linspace(0, top, height * width).reshape(height, width)


def test_an_rgb_layer_is_read_as_its_values_over_255() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (5, 6, 3), np.uint8)
    rgb = _read(Image(pixels, rgb=True))
    assert rgb.dtype == np.float32
    np.testing.assert_allclose(rgb, pixels / 255.0, atol=1e-6)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int32, np.float32, np.float64])
def test_grey_is_read_as_displayed_with_contrast_limits_and_gamma(dtype: type) -> None:
    pixels = _ramp().astype(dtype)
    layer = Image(pixels, contrast_limits=(20, 60), gamma=0.5, colormap="gray")
    expected = np.sqrt(np.clip((pixels.astype(float) - 20) / 40, 0, 1))
    rgb = _read(layer)
    for channel in range(3):
        np.testing.assert_allclose(rgb[..., channel], expected, atol=2e-3)


def test_grey_is_read_through_its_colormap() -> None:
    # Black to red in the first third, red to white from there.
    colours = [[0, 0, 0, 1], [1, 0, 0, 1], [1, 1, 1, 1]]
    colormap = Colormap(colors=colours, controls=[0, 1 / 3, 1], name="embers")
    pixels = _ramp(top=30.0)
    rgb = _read(Image(pixels, contrast_limits=(0, 30), colormap=colormap))
    red = np.interp(pixels, [0, 10, 30], [0, 1, 1])
    green = np.interp(pixels, [0, 10, 30], [0, 0, 1])
    np.testing.assert_allclose(rgb, np.stack([red, green, green], axis=-1), atol=2e-3)


def test_an_inverted_colormap_inverts() -> None:
    pixels = _ramp(top=1.0)
    rgb = _read(Image(pixels, contrast_limits=(0, 1), colormap="gray_r"))
    np.testing.assert_allclose(rgb[..., 0], 1 - pixels, atol=2e-3)


@given(
    low=st.floats(-1e4, 1e4),
    span=st.floats(1e-2, 1e4),
    gamma=st.floats(0.2, 2.0),
    pixels=hnp.arrays(np.float32, (3, 4), elements=st.floats(-1e4, 1e4, width=32)),
)
def test_any_contrast_and_gamma_follow_the_formula(
    low: float, span: float, gamma: float, pixels: np.ndarray
) -> None:
    layer = Image(pixels, contrast_limits=(low, low + span), gamma=gamma)
    bottom, top = layer.contrast_limits
    unit = np.clip((pixels.astype(float) - bottom) / (top - bottom), 0, 1)
    np.testing.assert_allclose(_read(layer)[..., 1], unit**gamma, atol=5e-3)


@pytest.mark.parametrize("value", [0, 7])
def test_a_layer_of_one_grey_can_be_read(value: int) -> None:
    rgb = _read(Image(np.full((4, 4), value, np.uint16)))
    assert np.isfinite(rgb).all()
    assert np.ptp(rgb) == 0


def test_a_boolean_layer_is_black_and_white() -> None:
    pixels = np.eye(5, dtype=bool)
    np.testing.assert_array_equal(_read(Image(pixels))[..., 2], pixels.astype(np.float32))


@given(hnp.arrays(np.uint8, (3, 5, 4)).filter(lambda pixels: pixels[..., 3].any()))
def test_the_result_of_an_rgba_layer_has_exactly_its_alpha(pixels: np.ndarray) -> None:
    rgb, placement = read_layer(ViewerModel(), Image(pixels, rgb=True))
    np.testing.assert_allclose(rgb, pixels[..., :3] / 255.0, atol=1e-6)
    # From an image of another size, as previews are.
    result = placement.layer(np.full((8, 9, 3), 0.25, np.float32))
    assert result.data.shape == pixels.shape
    np.testing.assert_array_equal(result.data[..., 3], pixels[..., 3])
    assert set(np.unique(result.data[..., :3])) == {64}


def test_the_alpha_of_floats_becomes_the_nearest_of_256() -> None:
    pixels = np.full((3, 5, 4), 0.5, np.float32)
    pixels[..., 3] = np.linspace(0, 1, 15).reshape(3, 5)
    _, placement = read_layer(ViewerModel(), Image(pixels, rgb=True))
    alpha = placement.picture(pixels[..., :3])[..., 3]
    np.testing.assert_array_equal(alpha, np.rint(pixels[..., 3] * 255))


def test_float_rgb_beyond_0_and_1_is_read_as_displayed() -> None:
    pixels = np.linspace(-50, 250, 5 * 6 * 3).reshape(5, 6, 3)
    layer = Image(pixels, rgb=True, contrast_limits=(0, 200))
    np.testing.assert_allclose(_read(layer), np.clip(pixels / 200, 0, 1), atol=1e-6)


@pytest.mark.parametrize("rgb", [True, False])
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_layer_with_holes_is_refused_in_one_sentence(rgb: bool, bad: float) -> None:
    pixels = np.full((5, 6, 3) if rgb else (5, 6), 0.5, np.float32)
    pixels[2, 2] = bad
    layer = Image(pixels, rgb=rgb, contrast_limits=(0, 1), name="scan")
    with pytest.raises(ImageError, match=r"'scan'.*NaN or infinite"):
        _read(layer)


def test_a_multiscale_layer_is_read_at_its_finest_level() -> None:
    fine = np.random.default_rng(0).integers(0, 256, (64, 48, 3), np.uint8)
    layer = Image([fine, fine[::2, ::2], fine[::4, ::4]], multiscale=True, rgb=True)
    rgb, placement = read_layer(ViewerModel(), layer)
    np.testing.assert_allclose(rgb, fine / 255.0, atol=1e-6)
    result = placement.layer(rgb)
    assert not result.multiscale
    np.testing.assert_array_equal(result.data, fine)


@pytest.mark.parametrize("kind", ["dask", "xarray"])
def test_of_a_lazy_stack_only_the_shown_slice_is_computed(kind: str) -> None:
    dask = pytest.importorskip("dask.array", reason="dask is not installed")
    computed = []

    def plane(block_info: dict) -> np.ndarray:
        computed.append(k := block_info[None]["chunk-location"][0])
        return np.full((1, 6, 7), k, np.uint8)

    stack = dask.map_blocks(plane, chunks=((1,) * 9, (6,), (7,)), dtype=np.uint8, meta=np.array(()))
    if kind == "xarray":
        xarray = pytest.importorskip("xarray", reason="xarray is not installed")
        stack = xarray.DataArray(stack, dims=("z", "y", "x"))
    layer = Image(stack, contrast_limits=(0, 10))
    viewer = ViewerModel()
    viewer.add_layer(layer)
    viewer.dims.set_current_step(0, 4)
    computed.clear()
    rgb, _ = read_layer(viewer, layer)
    np.testing.assert_allclose(rgb, 0.4, atol=2e-3)
    assert set(computed) == {4}


@pytest.mark.parametrize("step", [0, 3, 6])
@pytest.mark.parametrize("rgb", [True, False])
def test_of_a_stack_the_slice_at_the_slider_is_read(step: int, rgb: bool) -> None:
    planes = np.arange(7, dtype=np.uint8).reshape(7, 1, 1) * np.ones((1, 5, 6), np.uint8)
    stack = np.repeat(planes[..., None], 3, axis=-1) if rgb else planes
    layer = Image(stack, rgb=rgb, contrast_limits=(0, 255), scale=(2.5, 1, 1), translate=(-4, 0, 0))
    viewer = ViewerModel()
    viewer.add_layer(layer)
    viewer.dims.set_point(0, -4 + 2.5 * step)
    found, placement = read_layer(viewer, layer)
    np.testing.assert_allclose(found, step / 255, atol=1e-3)
    assert placement.picture(found).shape == (1, 5, 6, 3)


def test_a_stack_outside_the_slider_gives_its_nearest_slice() -> None:
    near = Image(np.arange(4, dtype=np.uint8)[:, None, None] * np.ones((1, 5, 6), np.uint8))
    far = Image(np.zeros((20, 5, 6), np.uint8))
    near.contrast_limits = (0, 3)
    viewer = ViewerModel()
    viewer.layers.extend([near, far])
    viewer.dims.set_current_step(0, 15)
    np.testing.assert_allclose(read_layer(viewer, near)[0], 1, atol=2e-3)


def test_a_flat_layer_beside_a_stack_is_read_whole() -> None:
    viewer = ViewerModel()
    viewer.add_image(np.zeros((9, 5, 6), np.uint8))
    flat = viewer.add_image(np.full((5, 6, 3), 255, np.uint8), rgb=True)
    viewer.dims.set_current_step(0, 7)
    rgb, placement = read_layer(viewer, flat)
    np.testing.assert_array_equal(rgb, 1)
    assert placement.picture(rgb).shape == (5, 6, 3)


def test_a_layer_is_found_by_itself_or_by_name() -> None:
    viewer = ViewerModel()
    layer = viewer.add_image(np.zeros((5, 6)), name="photo")
    assert find_layer(viewer, layer, "content") is layer
    assert find_layer(viewer, "photo", "content") is layer


def test_an_unknown_name_is_answered_with_the_names_there_are() -> None:
    viewer = ViewerModel()
    with pytest.raises(ImageError, match=r"no style layer 'painting'.*none"):
        find_layer(viewer, "painting", "style")
    viewer.add_image(np.zeros((5, 6)), name="photo")
    viewer.add_image(np.zeros((5, 6)), name="night")
    with pytest.raises(ImageError, match="no style layer 'painting'") as refusal:
        find_layer(viewer, "painting", "style")
    assert "'photo'" in str(refusal.value)
    assert "'night'" in str(refusal.value)


@pytest.mark.parametrize("by_name", [True, False])
def test_a_labels_layer_is_refused(by_name: bool) -> None:
    viewer = ViewerModel()
    labels = viewer.add_labels(np.zeros((5, 6), int), name="cells")
    with pytest.raises(ImageError, match=r"content.*cells.*not an image"):
        find_layer(viewer, "cells" if by_name else labels, "content")


def _over(row: float, column: float, height: float, width: float) -> np.ndarray:
    return np.array([[row, column], [row, column + width], [row + height, column + width]]) - 0.5


@pytest.mark.parametrize("transforms", [{}, {"rotate": 30, "scale": (2, -3), "translate": (9, 4)}])
def test_a_region_crops_the_content_and_the_result_lies_over_it(transforms: dict) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (20, 30, 3), np.uint8)
    viewer = ViewerModel()
    layer = viewer.add_image(pixels, rgb=True, **transforms)
    # The rectangle lies in the world: 5 rows from row 10, 7 columns from column 3 of the content.
    corners = [np.array(layer.data_to_world(corner)) for corner in _over(10, 3, 5, 7)]
    rectangle = np.array([*corners, corners[0] + corners[2] - corners[1]])
    region = viewer.add_shapes(rectangle / 10, shape_type="rectangle", scale=(10, 10))
    rgb, placement = read_layer(viewer, layer, region=region)
    np.testing.assert_allclose(rgb, pixels[10:15, 3:10] / 255, atol=1e-6)
    result = placement.layer(rgb)
    np.testing.assert_allclose(result.data_to_world((0, 0)), layer.data_to_world((10, 3)))
    np.testing.assert_allclose(result.data_to_world((4, 6)), layer.data_to_world((14, 9)))


def test_of_several_shapes_the_selected_ones_are_the_region() -> None:
    viewer = ViewerModel()
    layer = viewer.add_image(np.zeros((40, 40)))
    region = viewer.add_shapes([_over(2, 2, 5, 5), _over(10, 20, 5, 8)], shape_type="polygon")
    region.selected_data = {1}
    assert read_layer(viewer, layer, region=region)[0].shape == (5, 8, 3)
    region.selected_data = set()
    assert read_layer(viewer, layer, region=region)[0].shape == (13, 26, 3)


def test_a_region_that_reaches_beyond_the_content_is_cut_off() -> None:
    viewer = ViewerModel()
    layer = viewer.add_image(np.zeros((20, 30)))
    region = viewer.add_shapes(_over(-10, 25, 15, 50), shape_type="polygon")
    assert read_layer(viewer, layer, region=region)[0].shape == (5, 5, 3)


def test_a_region_elsewhere_or_of_nothing_is_refused() -> None:
    viewer = ViewerModel()
    layer = viewer.add_image(np.zeros((20, 30)), name="photo")
    viewer.add_shapes(_over(100, 100, 9, 9), shape_type="polygon", name="far")
    viewer.add_shapes(name="blank")
    with pytest.raises(ImageError, match=r"'far' does not lie over the layer 'photo'"):
        read_layer(viewer, layer, region=find_region(viewer, "far"))
    with pytest.raises(ImageError, match=r"'blank' is empty"):
        find_region(viewer, "blank")
    with pytest.raises(ImageError, match=r"'photo'.*not a shapes layer"):
        find_region(viewer, "photo")
    with pytest.raises(ImageError, match=r"no region layer 'window'"):
        find_region(viewer, "window")
