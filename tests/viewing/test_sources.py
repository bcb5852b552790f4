"""What is read of a layer: the plane and the level that are shown, and nothing else."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from napari.components import ViewerModel
from napari.layers import Image

from napari_neural_style.errors import ImageError
from napari_neural_style.viewing.layers import read_layer
from napari_neural_style.viewing.planes import Sliders
from napari_neural_style.viewing.sources import Source


class Counting:
    """An array that notes how many of its values were ever asked for."""

    def __init__(self, array: np.ndarray) -> None:
        self._array = array
        self.shape, self.dtype, self.ndim = array.shape, array.dtype, array.ndim
        self.size = array.size
        self.read = 0

    def __getitem__(self, key: Any) -> np.ndarray:
        part = self._array[key]
        self.read += part.size
        return part

    def __array__(self, dtype: Any = None, copy: Any = None) -> np.ndarray:
        return np.asarray(self[...], dtype)


def _shown_by_napari(viewer: ViewerModel, layer: Image) -> np.ndarray:
    layer.refresh()
    return np.asarray(layer._slice.image.view)


@pytest.mark.parametrize("order", list(permutations(range(3))))
@pytest.mark.parametrize("rgb", [True, False])
def test_the_plane_that_napari_shows_is_read(order: tuple[int, ...], rgb: bool) -> None:
    stack = np.random.default_rng(0).integers(0, 256, (4, 5, 6, 3) if rgb else (4, 5, 6), np.uint8)
    viewer = ViewerModel()
    layer = viewer.add_image(
        stack, rgb=rgb, contrast_limits=(0, 255), scale=(2, 0.5, -3), translate=(7, -1, 30)
    )
    viewer.dims.order = order
    for at in (0.2, 0.8):
        low, high, _ = viewer.dims.range[order[0]]
        viewer.dims.set_point(order[0], low + at * (high - low))
        shown = _shown_by_napari(viewer, layer) / 255
        found, placement = read_layer(viewer, layer)
        np.testing.assert_allclose(
            found, shown if rgb else np.repeat(shown[..., None], 3, -1), atol=2e-3
        )
        result = viewer.add_layer(placement.layer(found))
        # What napari shows of the result is what was painted, the same way up.
        np.testing.assert_allclose(
            _shown_by_napari(viewer, result)[..., :3] / 255, found, atol=3e-3
        )
        viewer.layers.remove(result)


def test_a_rolled_view_of_a_film_of_stacks_is_read() -> None:
    film = np.random.default_rng(0).integers(0, 256, (3, 4, 5, 6), np.uint8)
    viewer = ViewerModel()
    layer = viewer.add_image(film, contrast_limits=(0, 255))
    viewer.dims.roll()
    viewer.dims.set_current_step(3, 2)
    viewer.dims.set_current_step(2, 4)
    shown = _shown_by_napari(viewer, layer)
    assert shown.shape == tuple(film.shape[axis] for axis in viewer.dims.order[-2:])
    np.testing.assert_allclose(read_layer(viewer, layer)[0][..., 0], shown / 255, atol=2e-3)


def test_a_layer_in_other_units_is_cut_where_napari_cuts_it() -> None:
    stack = np.arange(20, dtype=np.uint8).reshape(20, 1, 1) * np.ones((1, 4, 5), np.uint8)
    viewer = ViewerModel()
    viewer.add_image(np.zeros((20, 4, 5)), units=("um", "um", "um"))
    layer = viewer.add_image(stack, units=("nm", "nm", "nm"), scale=(500, 1, 1))
    layer.contrast_limits = (0, 20)
    for step in range(0, viewer.dims.nsteps[0], 3):
        viewer.dims.set_current_step(0, step)
        if not layer._slice.empty:
            shown = _shown_by_napari(viewer, layer)
            np.testing.assert_allclose(read_layer(viewer, layer)[0][..., 0], shown / 20, atol=2e-3)


@pytest.mark.parametrize("mode", ["mean", "max", "min", "sum", "none"])
def test_thick_slices_are_read_as_they_are_projected(mode: str) -> None:
    stack = np.random.default_rng(0).integers(0, 50, (9, 5, 6)).astype(np.float32)
    viewer = ViewerModel()
    layer = viewer.add_image(stack, contrast_limits=(0, 250), projection_mode=mode)
    viewer.dims.set_current_step(0, 4)
    viewer.dims.thickness = (4, 1, 1)
    shown = _shown_by_napari(viewer, layer)
    np.testing.assert_allclose(read_layer(viewer, layer)[0][..., 0], shown / 250, atol=2e-3)


def test_a_volume_on_show_is_refused_in_a_sentence_that_helps() -> None:
    viewer = ViewerModel()
    stack = viewer.add_image(np.zeros((4, 5, 6), np.uint8), name="embryo")
    flat = viewer.add_image(np.zeros((5, 6), np.uint8))
    viewer.dims.ndisplay = 3
    with pytest.raises(ImageError, match=r"'embryo'.*volume.*2D view"):
        read_layer(viewer, stack)
    assert read_layer(viewer, flat)[0].shape == (5, 6, 3)


_DTYPES = [np.uint8, np.uint16, ">u2", np.int16, np.float16, np.float32, np.float64]


@pytest.mark.parametrize("dtype", _DTYPES)
@pytest.mark.parametrize("gamma", [1.0, 0.5])
@pytest.mark.parametrize("shape", [(5, 6, 3), (150, 160, 3)])  # fewer values than a type has; more
def test_rgb_of_any_type_is_read_with_contrast_and_gamma(
    dtype: type, gamma: float, shape: tuple[int, ...]
) -> None:
    pixels = np.random.default_rng(0).uniform(0, 250, shape).astype(dtype)
    layer = Image(pixels, rgb=True, contrast_limits=(20, 180), gamma=gamma)
    expected = np.clip((pixels.astype(float) - 20) / 160, 0, 1) ** gamma
    np.testing.assert_allclose(read_layer(ViewerModel(), layer)[0], expected, atol=1e-6)


def test_large_grey_pixels_are_read_through_the_colour_map_as_small_ones_are() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (40, 50), np.uint8)
    options = {"contrast_limits": (20, 180), "gamma": 0.5, "colormap": "viridis"}
    whole = read_layer(ViewerModel(), Image(pixels, **options))[0]
    few = read_layer(ViewerModel(), Image(pixels[:10, :20], **options))[0]
    np.testing.assert_array_equal(whole[:10, :20], few)
    wide = read_layer(ViewerModel(), Image(pixels.astype(np.int32), **options))[0]
    np.testing.assert_array_equal(whole, wide)


@pytest.mark.parametrize(("dtype", "top"), [(np.uint8, 255), (np.uint16, 65535), (np.float32, 1)])
def test_transparency_is_kept_in_256_steps(dtype: type, top: float) -> None:
    pixels = np.zeros((4, 64, 4), dtype)
    opacity = np.arange(256).reshape(4, 64)
    pixels[..., 3] = (opacity / 255 * top).astype(dtype)
    _, placement = read_layer(ViewerModel(), Image(pixels, rgb=True))
    assert np.abs(placement.alpha.astype(int) - opacity).max() <= (0 if top != 65535 else 1)


def test_a_transparent_layer_is_refused() -> None:
    pixels = np.full((5, 6, 4), 200, np.uint8)
    pixels[..., 3] = 0
    with pytest.raises(ImageError, match=r"'glass'.*transparent"):
        read_layer(ViewerModel(), Image(pixels, rgb=True, name="glass"))


@pytest.mark.filterwarnings("ignore::numpy.exceptions.ComplexWarning")
def test_complex_data_are_refused() -> None:
    # napari itself refuses them where it has to show them.
    layer = Image(np.ones((5, 6, 3)), rgb=True, name="wave", contrast_limits=(0, 1), visible=False)
    layer.data = np.ones((5, 6, 3), np.complex64)
    with pytest.raises(ImageError, match=r"'wave'.*complex64.*real numbers"):
        read_layer(ViewerModel(), layer)


def _pyramid(levels: int = 4, side: int = 256) -> list[Counting]:
    fine = np.random.default_rng(0).integers(0, 256, (side, side // 2, 3), np.uint8)
    return [Counting(fine[:: 2**k, :: 2**k]) for k in range(levels)]


@given(size=st.integers(16, 600))
def test_of_a_pyramid_the_level_that_fits_is_read(size: int) -> None:
    levels = _pyramid()
    layer = Image(levels, multiscale=True, rgb=True)
    for level in levels:
        level.read = 0
    rgb, _ = read_layer(ViewerModel(), layer, size=size)
    longest = rgb.shape[0]
    assert longest >= min(size, 256)
    assert longest == 32 or longest / 2 < size, "a coarser level would have done"
    assert sum(level.read for level in levels) == rgb.size, "only that level, and once"


def test_of_a_region_of_a_pyramid_only_the_region_is_read() -> None:
    levels = _pyramid()
    layer = Image(levels, multiscale=True, rgb=True)
    viewer = ViewerModel()
    viewer.add_layer(layer)
    corners = np.array([[64, 32], [64, 95], [127, 95], [127, 32]])
    region = viewer.add_shapes(corners, shape_type="rectangle")
    for level in levels:
        level.read = 0
    rgb, placement = read_layer(viewer, layer, size=32, region=region)
    assert rgb.shape == (32, 32, 3)
    assert [level.read for level in levels] == [0, rgb.size, 0, 0]
    np.testing.assert_allclose(rgb, levels[1]._array[32:64, 16:48] / 255, atol=1e-6)
    result = placement.layer(rgb)
    np.testing.assert_allclose(result.data_to_world((-0.5, -0.5)), (63.5, 31.5))
    np.testing.assert_allclose(result.data_to_world((31.5, 31.5)), (127.5, 95.5))


def test_of_zarr_only_the_chunks_of_the_slice_are_read(tmp_path: Any) -> None:
    zarr = pytest.importorskip("zarr", reason="zarr is not installed")
    store = zarr.create_array(
        tmp_path / "a.zarr", shape=(6, 40, 40), chunks=(1, 20, 20), dtype="u2"
    )
    store[:] = 500
    viewer = ViewerModel()
    layer = viewer.add_image(store, contrast_limits=(0, 1000))
    viewer.dims.set_current_step(0, 3)
    # Whoever asks for another chunk gets an error.
    others = list((tmp_path / "a.zarr" / "c").glob("[0-24-5]/*/*"))
    assert len(others) == 20
    for chunk in others:
        chunk.write_bytes(b"spoilt")
    with pytest.raises(RuntimeError):
        store[2]
    np.testing.assert_allclose(read_layer(viewer, layer)[0], 0.5, atol=2e-3)


def test_a_source_stays_as_it_was_when_its_layer_is_edited() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (5, 6), np.uint8)
    viewer = ViewerModel()
    layer = viewer.add_image(pixels, contrast_limits=(0, 255), scale=(2, 3))
    source = Source.of(layer, "content")
    plane = source.plane(Sliders.of(viewer))
    layer.contrast_limits, layer.colormap, layer.gamma = (0, 10), "red", 0.3
    layer.scale, layer.translate, layer.affine = (9, 9), (100, 100), np.diag([3, 3, 1])
    layer.data = np.zeros((50, 60), np.uint8)
    viewer.layers.remove(layer)
    rgb, placement = source.read(plane)
    np.testing.assert_allclose(rgb[..., 0], pixels / 255, atol=2e-3)
    np.testing.assert_allclose(placement.layer(rgb).data_to_world((4, 5)), (8, 15))


@pytest.mark.parametrize("order", [(0, 1, 2), (1, 2, 0), (0, 2, 1)])
def test_a_glance_takes_pixels_at_even_distances_of_the_plane_shown(
    order: tuple[int, ...],
) -> None:
    viewer = ViewerModel()
    stack = np.random.default_rng(0).integers(0, 256, (50, 60, 70), np.uint8)
    layer = viewer.add_image(stack, contrast_limits=(0, 255))
    viewer.dims.order = order
    viewer.dims.set_point(order[0], 7)
    rgb, alpha = Source.of(layer).glance(Sliders.of(viewer), 20)
    whole = read_layer(viewer, layer)[0]
    step = max(whole.shape) // 20
    np.testing.assert_array_equal(rgb, whole[::step, ::step])
    assert alpha is None
    assert 20 <= max(rgb.shape) < 40
