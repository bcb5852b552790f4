"""Where results lie: exactly over what they were made from, whatever the layer's transforms."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from napari.components import ViewerModel
from napari.layers import Image

from napari_neural_style.viewing.layers import read_layer
from napari_neural_style.viewing.planes import Sliders
from napari_neural_style.viewing.sources import Source

HEIGHT, WIDTH, DEPTH = 5, 7, 4
# Pixel corners, and a point inside.
POINTS = [*product((-0.5, HEIGHT - 0.5), (-0.5, WIDTH - 0.5)), (1.25, 2.5)]

_sizes = st.floats(0.05, 20) | st.floats(-20, -0.05)
_shifts = st.floats(-1000, 1000)
_angles = st.floats(-180, 180)
_shears = st.floats(-2, 2)


@st.composite
def _affines(draw: Any, ndim: int) -> np.ndarray:
    """A matrix that moves and distorts, but flattens nothing."""
    matrix = np.eye(ndim + 1)
    for row, column in product(range(ndim), range(ndim)):
        if row != column:
            matrix[row, column] = draw(st.floats(-0.4, 0.4))
    matrix[:ndim, ndim] = draw(st.lists(_shifts, min_size=ndim, max_size=ndim))
    return matrix


@st.composite
def _transforms(draw: Any, ndim: int) -> dict[str, Any]:
    """Any transforms that napari's layers can have."""

    def several(values: Any, count: int) -> list[float]:
        return draw(st.lists(values, min_size=count, max_size=count))

    rotate = draw(_angles) if ndim == 2 else tuple(several(_angles, 3))
    return {
        "scale": several(_sizes, ndim),
        "translate": several(_shifts, ndim),
        "rotate": rotate,
        "shear": several(_shears, ndim * (ndim - 1) // 2),
        "affine": draw(_affines(ndim)),
        "units": draw(st.sampled_from(["pixel", "um", "mm"])),
    }


def _world(layer: Image, points: list[tuple[float, ...]]) -> np.ndarray:
    return np.array([layer.data_to_world(point) for point in points])


def _close(found: np.ndarray, expected: np.ndarray) -> None:
    size = max(1.0, float(np.abs(expected).max()))
    np.testing.assert_allclose(found, expected, atol=1e-6 * size)


@settings(max_examples=40)
@given(_transforms(2))
def test_a_result_lies_exactly_over_its_content(transforms: dict[str, Any]) -> None:
    content = Image(np.zeros((HEIGHT, WIDTH, 3), np.uint8), rgb=True, **transforms)
    rgb, placement = read_layer(ViewerModel(), content)
    result = placement.layer(rgb)
    _close(_world(result, POINTS), _world(content, POINTS))
    assert result.units == content.units
    assert result.data.shape == content.data.shape


@settings(max_examples=40)
@given(_transforms(3), st.floats(0, 1))
def test_the_result_of_a_slice_lies_exactly_over_that_slice(
    transforms: dict[str, Any], at: float
) -> None:
    # Every slice has a grey of its own, which says afterwards which one was read.
    stack = np.full((DEPTH, HEIGHT, WIDTH), 10, np.uint8)
    stack *= np.arange(1, DEPTH + 1, dtype=np.uint8).reshape(-1, 1, 1)
    content = Image(stack, contrast_limits=(0, 255), **transforms)
    viewer = ViewerModel()
    viewer.add_layer(content)
    low, high, _ = viewer.dims.range[0]
    viewer.dims.set_point(0, low + at * (high - low))
    rgb, placement = read_layer(viewer, content)
    read = round(float(rgb[0, 0, 0]) * 255 / 10) - 1
    result = placement.layer(rgb)
    assert result.data.shape == (1, HEIGHT, WIDTH, 3)
    _close(
        _world(result, [(0, *point) for point in POINTS]),
        _world(content, [(read, *point) for point in POINTS]),
    )


@settings(max_examples=25)
@given(
    scale=st.floats(0.05, 20),
    translate=_shifts,
    k=st.integers(0, DEPTH - 1),
    frame=st.integers(0, 2),
)
def test_in_a_film_of_stacks_both_sliders_count(
    scale: float, translate: float, k: int, frame: int
) -> None:
    film = np.arange(3 * DEPTH, dtype=np.uint8).reshape(3, DEPTH, 1, 1)
    film = film * np.ones((1, 1, HEIGHT, WIDTH), np.uint8)
    content = Image(
        film,
        contrast_limits=(0, 255),
        scale=(1, scale, 1, 1),
        translate=(0, translate, 0, 0),
        axis_labels=("t", "z", "y", "x"),
    )
    viewer = ViewerModel()
    viewer.add_layer(content)
    viewer.dims.set_point(0, frame)
    viewer.dims.set_point(1, translate + k * scale)
    rgb, placement = read_layer(viewer, content)
    assert round(float(rgb[0, 0, 0]) * 255) == frame * DEPTH + k
    result = placement.layer(rgb)
    _close(
        _world(result, [(0, 0, *point) for point in POINTS]),
        _world(content, [(frame, k, *point) for point in POINTS]),
    )
    assert result.axis_labels == content.axis_labels


@st.composite
def _windows(draw: Any, shape: tuple[int, int]) -> tuple[tuple[int, int], tuple[int, int]]:
    """Rows and columns of a part of an image, cut at even pixels."""
    cuts = [sorted(draw(st.sets(st.integers(0, n // 4), min_size=2, max_size=2))) for n in shape]
    return tuple((4 * low, 4 * high) for low, high in cuts)


@settings(max_examples=60)
@given(
    transforms=_transforms(3),
    order=st.permutations(range(3)),
    window=_windows((16, 16)),
    size=st.none() | st.integers(1, 16),
    places=st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=3, max_size=3),
)
def test_a_part_of_a_turned_plane_of_a_pyramid_lies_where_it_was(
    transforms: dict[str, Any],
    order: tuple[int, ...],
    window: Any,
    size: int | None,
    places: list[tuple[float, float]],
) -> None:
    fine = np.random.default_rng(0).integers(1, 256, (16, 16, 16), np.uint8)
    levels = [fine, fine[::2, ::2, ::2], fine[::4, ::4, ::4]]
    content = Image(levels, multiscale=True, contrast_limits=(0, 255), **transforms)
    viewer = ViewerModel()
    viewer.add_layer(content)
    viewer.dims.order = order
    source = Source.of(content)
    plane = source.plane(Sliders.of(viewer))
    rgb, placement = source.read(plane, size, window)
    result = placement.layer(rgb)
    rows, columns = order[1:]
    assert plane.axes == (rows, columns)
    (top, bottom), (left, right) = window
    for down, across in [*product((0, 1), (0, 1)), *places]:
        there, here = np.zeros(3), np.zeros(3)
        # From edge to edge of the pixels, in the part of the content and in the result.
        there[rows] = top - 0.5 + down * (bottom - top)
        there[columns] = left - 0.5 + across * (right - left)
        there[order[0]] = source.index(plane)[order[0]]
        here[rows] = -0.5 + down * rgb.shape[0]
        here[columns] = -0.5 + across * rgb.shape[1]
        _close(_world(result, [tuple(here)]), _world(content, [tuple(there)]))


def test_the_result_of_a_slice_is_in_view_where_it_was_made() -> None:
    viewer = ViewerModel()
    content = viewer.add_image(
        np.zeros((9, HEIGHT, WIDTH), np.uint8), scale=(3, 1, 1), translate=(5, 0, 0)
    )
    viewer.dims.set_point(0, 5 + 3 * 4)
    rgb, placement = read_layer(viewer, content)
    result = placement.layer(rgb + 0.5)
    steps = viewer.dims.nsteps
    viewer.add_layer(result)
    assert viewer.dims.nsteps == steps, "the result must not add positions to the slider"
    low, high = result.extent.world[:, 0]
    assert low <= viewer.dims.point[0] <= high
