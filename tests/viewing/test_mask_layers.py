"""Masks painted in napari: which label each pixel of the content gets."""

from __future__ import annotations

from typing import Any

import dask.array as da
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from napari.components import ViewerModel

from napari_neural_style.errors import ImageError
from napari_neural_style.viewing.layers import read_layer
from napari_neural_style.viewing.mask_layers import find_mask, labels_of, labels_on, new_mask
from napari_neural_style.viewing.placement import Placement
from napari_neural_style.viewing.planes import Sliders
from napari_neural_style.viewing.sources import Source

HEIGHT, WIDTH = 12, 16


def _labels(viewer: ViewerModel, mask: Any, content: Any = None, **part: Any) -> np.ndarray:
    if content is None:
        content = viewer.layers[0]
    placement: Placement = read_layer(viewer, content, "content", **part)[1]
    return labels_on(find_mask(viewer, mask), placement, Sliders.of(viewer))


@pytest.fixture
def viewer() -> ViewerModel:
    viewer = ViewerModel()
    viewer.add_image(np.zeros((HEIGHT, WIDTH)), name="photo")
    return viewer


_turns = st.fixed_dictionaries(
    {
        "scale": st.lists(st.floats(0.2, 3), min_size=2, max_size=2),
        "translate": st.lists(st.floats(-4, 4), min_size=2, max_size=2),
        "rotate": st.floats(-180, 180),
        "shear": st.lists(st.floats(-0.5, 0.5), min_size=1, max_size=1),
    }
)


@settings(max_examples=40)
@given(here=_turns, there=_turns)
def test_every_pixel_gets_the_label_that_lies_over_it(here: dict, there: dict) -> None:
    painted = np.random.default_rng(0).integers(1, 9, (30, 30))
    viewer = ViewerModel()
    content = viewer.add_image(np.zeros((HEIGHT, WIDTH)), **here)
    mask = viewer.add_labels(painted, **there)
    expected = np.zeros((HEIGHT, WIDTH), int)
    clear = np.zeros((HEIGHT, WIDTH), bool)
    for pixel in np.ndindex(HEIGHT, WIDTH):
        place = np.array(mask.world_to_data(content.data_to_world(pixel)))
        nearest = np.rint(place).astype(int)
        clear[pixel] = (np.abs(np.abs(place - nearest) - 0.5) > 1e-6).all()
        if (nearest >= 0).all() and (nearest < 30).all():
            expected[pixel] = painted[tuple(nearest)]
    if expected.any():
        np.testing.assert_array_equal(_labels(viewer, mask)[clear], expected[clear])


def test_a_mask_of_the_contents_own_grid_is_taken_as_it_is(viewer: ViewerModel) -> None:
    painted = np.random.default_rng(0).integers(0, 3, (HEIGHT, WIDTH))
    viewer.add_labels(painted, name="where")
    found = _labels(viewer, "where")
    np.testing.assert_array_equal(found, painted)
    assert found.dtype == np.int64


def test_a_mask_follows_the_crop_and_the_level_that_was_read() -> None:
    viewer = ViewerModel()
    fine = np.zeros((32, 48, 3), np.uint8)
    pyramid = viewer.add_image([fine, fine[::2, ::2], fine[::4, ::4]], multiscale=True, rgb=True)
    painted = np.repeat(np.repeat(np.arange(1, 97).reshape(8, 12), 4, 0), 4, 1)
    mask = viewer.add_labels(painted)
    corners = np.array([[8, 16], [8, 40], [24, 40], [24, 16]]) - 0.5
    region = viewer.add_shapes(corners, shape_type="rectangle")
    found = _labels(viewer, mask, pyramid, size=6, region=region)
    np.testing.assert_array_equal(found, np.arange(1, 97).reshape(8, 12)[2:6, 4:10])


def test_a_mask_in_other_units_lies_where_napari_shows_it() -> None:
    viewer = ViewerModel()
    viewer.add_image(np.zeros((4, 6)), units="um")
    painted = np.arange(1, 25).reshape(4, 6)
    mask = viewer.add_labels(painted, units="nm", scale=(1000, 1000))
    np.testing.assert_array_equal(_labels(viewer, mask), painted)


def test_of_a_stack_of_masks_the_slice_on_show_counts_and_a_flat_one_for_all() -> None:
    viewer = ViewerModel()
    viewer.add_image(np.zeros((5, HEIGHT, WIDTH)), scale=(2, 1, 1))
    stack = np.arange(1, 6).reshape(5, 1, 1) * np.ones((1, HEIGHT, WIDTH), int)
    viewer.add_labels(stack, name="deep", scale=(2, 1, 1))
    viewer.add_labels(7 * np.ones((HEIGHT, WIDTH), int), name="flat")
    for step in (0, 3):
        viewer.dims.set_point(0, 2 * step)
        assert set(np.unique(_labels(viewer, "deep"))) == {step + 1}
        assert set(np.unique(_labels(viewer, "flat"))) == {7}


def test_a_stack_of_masks_over_a_flat_content_is_cut_at_the_slider(viewer: ViewerModel) -> None:
    stack = np.arange(1, 6).reshape(5, 1, 1) * np.ones((1, HEIGHT, WIDTH), int)
    mask = viewer.add_labels(stack)
    viewer.dims.set_point(0, 3)
    assert set(np.unique(_labels(viewer, mask))) == {4}


def test_a_turned_view_turns_the_mask_as_well() -> None:
    viewer = ViewerModel()
    content = viewer.add_image(np.zeros((5, 6, 7)))
    painted = np.random.default_rng(0).integers(1, 9, (5, 6, 7))
    mask = viewer.add_labels(painted)
    viewer.dims.order = (1, 2, 0)
    viewer.dims.set_point(1, 4)
    np.testing.assert_array_equal(_labels(viewer, mask, content), painted[:, 4, :].T)


def test_shapes_count_as_labels_in_their_order(viewer: ViewerModel) -> None:
    corners = np.array([[1, 2], [1, 8], [5, 8], [5, 2]]) - 0.5
    shapes = viewer.add_shapes(
        [corners, corners + np.array([5, 4])], shape_type=["rectangle", "polygon"], name="drawn"
    )
    expected = np.zeros((HEIGHT, WIDTH), int)
    expected[1:5, 2:8] = 1
    expected[6:10, 6:12] = 2
    np.testing.assert_array_equal(_labels(viewer, "drawn"), expected)
    # The same place in the world, on large pixels of its own.
    shapes.data = [part / 10 for part in shapes.data]
    shapes.scale = (10, 10)
    np.testing.assert_array_equal(_labels(viewer, "drawn"), expected)


def test_an_ellipse_over_a_turned_content_is_where_it_is_in_the_world() -> None:
    viewer = ViewerModel()
    content = viewer.add_image(np.zeros((40, 40)), rotate=30, scale=(0.5, 2), translate=(3, 5))
    centre = np.array(content.data_to_world((20, 20)))
    radii = np.array([6.0, 15.0])
    corners = centre + radii * np.array([[-1, -1], [-1, 1], [1, 1], [1, -1]])
    viewer.add_shapes(corners, shape_type="ellipse", name="drawn")
    found = _labels(viewer, "drawn")
    places = np.array([content.data_to_world(pixel) for pixel in np.ndindex(40, 40)])
    distance = np.hypot(*((places - centre) / radii).T).reshape(40, 40)
    np.testing.assert_array_equal(found[distance < 0.93], 1)
    np.testing.assert_array_equal(found[distance > 1.07], 0)
    np.testing.assert_allclose(found.sum(), np.pi * radii.prod(), rtol=0.03)


def test_shapes_of_other_slices_do_not_count() -> None:
    viewer = ViewerModel()
    viewer.add_image(np.zeros((5, HEIGHT, WIDTH)))
    corners = np.array([[1, 2], [1, 8], [5, 8], [5, 2]])
    flat = [np.insert(corners, 0, k, axis=1) for k in (1, 3)]
    viewer.add_shapes(flat, shape_type="polygon", name="drawn")
    for step, labels in ((1, {0, 1}), (3, {0, 2})):
        viewer.dims.set_point(0, step)
        assert set(np.unique(_labels(viewer, "drawn"))) == labels
    viewer.dims.set_point(0, 2)
    with pytest.raises(ImageError, match=r"'drawn' is empty here"):
        _labels(viewer, "drawn")


def test_masks_that_are_none_or_elsewhere_are_refused(viewer: ViewerModel) -> None:
    viewer.add_labels(np.zeros((HEIGHT, WIDTH), int), name="blank")
    viewer.add_labels(np.ones((9, 9), int), name="far", translate=(500, 0))
    viewer.add_labels(np.ones((3, 9, 9), int), name="above", translate=(50, 0, 0))
    viewer.add_image(np.zeros((9, HEIGHT, WIDTH)))
    viewer.dims.set_point(0, 0)
    viewer.add_shapes(name="undrawn")
    viewer.add_shapes(np.array([[99, 99], [99, 120], [120, 99]]), shape_type="polygon", name="off")
    for name in ("blank", "above", "undrawn"):
        with pytest.raises(ImageError, match=rf"content mask layer '{name}' is empty here: paint"):
            _labels(viewer, name)
    for name in ("far", "off"):
        with pytest.raises(ImageError, match=rf"'{name}' does not lie over its image"):
            _labels(viewer, name)
    viewer.add_image(np.zeros((9, 9, 3)), rgb=True, name="coloured")
    viewer.add_points([[1, 1]], name="points")
    for name in ("coloured", "points"):
        with pytest.raises(ImageError, match=rf"'{name}'.*neither a labels nor a shapes"):
            _labels(viewer, name)
    with pytest.raises(ImageError, match=r"no content mask layer 'cells'"):
        _labels(viewer, "cells")


def test_the_labels_of_a_mask_are_those_of_all_its_slices(viewer: ViewerModel) -> None:
    painted = np.zeros((3, HEIGHT, WIDTH), int)
    painted[0, 0, 0], painted[2, 1, 1] = 300, 7
    mask = viewer.add_labels(painted)
    assert labels_of(mask, Sliders.of(viewer)) == [7, 300]
    signed = viewer.add_labels(painted - (painted > 0) * 8)
    assert labels_of(signed, Sliders.of(viewer)) == [-1, 292]
    viewer.dims.set_current_step(0, 2)
    lazy = viewer.add_labels(da.from_array(painted))
    assert labels_of(lazy, Sliders.of(viewer)) == [7], "nothing more is computed"
    shapes = viewer.add_shapes([np.eye(4, 2), np.eye(4, 2)], shape_type="polygon")
    assert labels_of(shapes, Sliders.of(viewer)) == [1, 2]
    assert labels_of(viewer.add_labels(np.zeros((2, 2), int)), Sliders.of(viewer)) == []


@settings(max_examples=20)
@given(here=_turns)
def test_a_new_mask_lies_exactly_over_a_layer(here: dict) -> None:
    viewer = ViewerModel()
    content = viewer.add_image(np.zeros((HEIGHT, WIDTH)), **here)
    sliders = Sliders.of(viewer)
    mask = new_mask(viewer, Source.of(content), sliders)
    assert mask.data.shape == (HEIGHT, WIDTH)
    for corner in ((0, 0), (3, 5), (HEIGHT, WIDTH)):
        np.testing.assert_allclose(
            mask.data_to_world(corner), content.data_to_world(corner), atol=1e-9
        )
    mask.data[3, 5] = 2
    expected = np.zeros((HEIGHT, WIDTH), int)
    expected[3, 5] = 2
    np.testing.assert_array_equal(_labels(viewer, mask, content), expected)


@pytest.mark.parametrize("order", [(0, 1, 2), (1, 0, 2), (2, 1, 0)])
def test_a_new_mask_of_a_stack_lies_over_what_is_shown(order: tuple[int, ...]) -> None:
    viewer = ViewerModel()
    content = viewer.add_image(np.zeros((5, HEIGHT, WIDTH)), scale=(3, 2, 1), rotate=0)
    viewer.dims.order = order
    viewer.dims.set_current_step(order[0], 2)
    sliders = Sliders.of(viewer)
    mask = new_mask(viewer, Source.of(content), sliders)
    placement = read_layer(viewer, content, "content")[1]
    key = [0, 0] if mask.ndim == 2 else [2, 2, 2]
    key[-3:] = [k if axis == order[0] else 1 for axis, k in enumerate([2, 2, 2])][-mask.ndim :]
    mask.data[tuple(key)] = 4
    expected = np.zeros(placement.shape, int)
    expected[1, 1] = 4
    np.testing.assert_array_equal(labels_on(mask, placement, sliders), expected)


def test_a_new_mask_over_a_pyramid_stays_small(viewer: ViewerModel) -> None:
    fine = da.zeros((65536, 65536), np.uint8, chunks=8192)
    content = viewer.add_image([fine[:: 2**k, :: 2**k] for k in range(6)], contrast_limits=(0, 1))
    mask = new_mask(viewer, Source.of(content), Sliders.of(viewer))
    assert max(mask.data.shape) <= 8192
    last = np.subtract(mask.data.shape, 0.5)
    np.testing.assert_allclose(mask.data_to_world(last), content.data_to_world((65535.5, 65535.5)))
