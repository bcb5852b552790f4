"""Arrays in and out: dtypes, channels, sizes and colours."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from napari_neural_style.errors import ImageError
from napari_neural_style.pictures.images import (
    fit,
    from_rgb,
    one_picture,
    resize,
    to_rgb,
    with_alpha,
)
from napari_neural_style.pictures.levels import white_of

INTEGERS = [np.dtype(f"{sign}int{bits}") for sign in ("", "u") for bits in (8, 16, 32, 64)]
FLOATS = [np.dtype(f"float{bits}") for bits in (16, 32, 64)]


def elements(dtype: np.dtype) -> st.SearchStrategy:
    if dtype.kind == "f":
        return hnp.from_dtype(dtype, min_value=0.0, max_value=1.0, allow_nan=False)
    if dtype.kind == "b":
        return st.booleans()
    return st.integers(0, int(np.iinfo(dtype).max))


@st.composite
def pictures(draw) -> np.ndarray:
    dtype = draw(st.sampled_from([np.dtype(bool), *INTEGERS, *FLOATS]))
    channels = draw(st.sampled_from([(), (1,), (2,), (3,), (4,)]))
    shape = (*draw(st.tuples(st.integers(1, 6), st.integers(1, 6))), *channels)
    image = draw(hnp.arrays(dtype, shape, elements=elements(dtype)))
    if dtype.kind in "iu":  # else it is taken for one of fewer bits: that is tested below
        image.flat[0] = np.iinfo(dtype).max
    return image


def top(dtype: np.dtype) -> float:
    return float(np.iinfo(dtype).max) if dtype.kind in "iu" else 1.0


@given(pictures())
def test_rgb_spans_the_unit_range_of_every_type(image):
    rgb, alpha = to_rgb(image)
    assert (rgb.shape, rgb.dtype) == ((*image.shape[:2], 3), np.float32)
    colours = image.reshape(*image.shape[:2], -1)
    grey = colours.shape[-1] < 3
    for channel in range(3):
        expected = colours[..., 0 if grey else channel].astype(np.float64) / top(image.dtype)
        np.testing.assert_allclose(rgb[..., channel], expected, atol=1e-7)
    assert (alpha is not None) == (colours.shape[-1] in (2, 4))


@given(pictures())
def test_round_trip_gives_the_picture_back(image):
    rgb, alpha = to_rgb(image)
    back = from_rgb(rgb, image.dtype, alpha)
    colours = image.reshape(*image.shape[:2], -1)
    grey = colours.shape[-1] < 3
    expected = np.repeat(colours[..., :1], 3, -1) if grey else colours[..., :3]
    if image.dtype == bool:
        assert back.dtype == np.uint8
        np.testing.assert_array_equal(back[..., :3], expected.astype(np.uint8) * 255)
        return
    assert back.dtype == image.dtype
    # float32 holds 24 bits: exact to 16-bit integers, and to its own precision beyond.
    error = np.abs(back[..., :3].astype(np.float64) - expected.astype(np.float64))
    exact = image.dtype.itemsize <= 2 or image.dtype == np.float32
    assert error.max() <= (0 if exact else 1e-7 * top(image.dtype))
    if alpha is not None:
        np.testing.assert_array_equal(back[..., 3], image[..., -1])


@pytest.mark.parametrize("dtype", INTEGERS, ids=str)
def test_extremes_neither_wrap_round_nor_warn(dtype):
    rgb = np.array([[[-0.5, 0.0, 1.0], [1.5, 0.5, np.nextafter(np.float32(1), 0)]]], np.float32)
    found = from_rgb(rgb, dtype)
    high = np.iinfo(dtype).max
    assert found.dtype == dtype
    assert found[0, 0].tolist() == [0, 0, high]
    assert found[0, 1, 0] == high
    assert abs(int(found[0, 1, 1]) - high / 2) <= max(1, high * 1e-7)
    assert found.min() >= 0


def test_alpha_channel_is_kept_apart(picture):
    rgba = np.concatenate([picture(5, 4), np.full((5, 4, 1), 0.25, np.float32)], -1)
    rgb, alpha = to_rgb(rgba)
    np.testing.assert_array_equal(rgb, rgba[..., :3])
    np.testing.assert_array_equal(alpha, rgba[..., 3])
    np.testing.assert_array_equal(from_rgb(1 - rgb, np.float32, alpha)[..., 3], rgba[..., 3])


def test_alpha_is_a_copy(picture):
    rgba = np.concatenate([picture(5, 4), np.ones((5, 4, 1), np.float32)], -1)
    _, alpha = to_rgb(rgba)
    alpha[:] = 0
    assert rgba[..., 3].min() == 1


@pytest.mark.parametrize(
    ("image", "sentence"),
    [
        (np.zeros(5), r"has the shape \(5,\)"),
        (np.zeros((2, 3, 5)), r"has the shape \(2, 3, 5\)"),
        (np.zeros((2, 2, 3, 3)), "has the shape"),
        (np.zeros((0, 4)), "is empty"),
        (np.array([[-1, 3]]), "has negative values"),
        (np.array([[0.0, np.nan]]), "NaN or infinite"),
        (np.array([[0.0, np.inf]]), "NaN or infinite"),
        (np.array([[0.0, 200.0]]), "values from 0 to 200: an image of floats must lie between"),
        (np.array([[-0.5, 0.5]]), "values from -0.5 to 0.5"),
        (np.zeros((2, 2), complex), "is of type complex128"),
        (np.array([["a"]]), "must hold numbers"),
        (np.array([[None]]), "must hold numbers"),
    ],
)
def test_what_is_no_image_is_refused_by_name(image, sentence):
    with pytest.raises(ImageError, match=f"^The painting .*{sentence}"):
        to_rgb(image, "painting")


@given(st.integers(1, 5000), st.integers(1, 5000), st.integers(1, 4096))
def test_fit_has_the_longest_side_asked_for_and_the_proportions(height, width, longest):
    found = fit((height, width, 3), longest)
    assert max(found) == longest
    assert min(found) >= 1
    assert abs(found[0] * width - found[1] * height) <= max(height, width) or min(found) == 1


@given(st.integers(1, 40), st.integers(1, 40), st.floats(0, 1, width=32))
def test_resizing_keeps_a_flat_picture_flat(height, width, value):
    found = resize(np.full((9, 13, 3), value, np.float32), (height, width))
    assert (found.shape, found.dtype) == ((height, width, 3), np.float32)
    np.testing.assert_allclose(found, value, atol=1e-6)


def test_resizing_follows_a_gradient_both_ways():
    """A ramp, known at every size: pixel centres lie at (i + 1/2) / n."""

    def ramp(n: int) -> np.ndarray:
        centres = (np.arange(n) + 0.5) / n
        return np.broadcast_to(centres[None, :, None], (8, n, 3)).astype(np.float32)

    for n in (16, 31, 96, 200):
        found = resize(ramp(64), (8, n))
        inner = slice(n // 8, -n // 8)
        np.testing.assert_allclose(found[:, inner], ramp(n)[:, inner], atol=2e-3)


def test_shrinking_averages_instead_of_skipping_pixels():
    stripes = np.zeros((64, 64, 3), np.float32)
    stripes[:, ::2] = 1
    found = resize(stripes, (16, 16))
    np.testing.assert_allclose(found[:, 1:-1], 0.5, atol=0.05)


def test_enlarging_never_leaves_the_unit_range():
    step = np.zeros((8, 8, 3), np.float32)
    step[:, 4:] = 1
    found = resize(step, (64, 64))
    assert (found.min(), found.max()) == (0, 1)


def test_transparency_goes_behind_the_colours():
    rgb = np.random.default_rng(0).random((3, 4, 3), np.float32)
    alpha = np.arange(12, dtype=np.uint8).reshape(3, 4) * 23
    rgba = with_alpha(rgb, alpha)
    assert rgba.dtype == np.float32
    np.testing.assert_array_equal(rgba[..., :3], rgb)
    np.testing.assert_allclose(rgba[..., 3], alpha / 255, atol=1e-7)
    assert (with_alpha(rgb, None)[..., 3] == 1).all()


@pytest.mark.parametrize(
    ("shape", "one"),
    [
        ((5, 6, 3), True),
        ((1, 5, 6, 4), True),
        ((1, 1, 5, 6, 3), True),
        ((2, 5, 6, 3), False),
        ((1, 2, 5, 6, 4), False),
        ((5, 6), False),
        ((5, 6, 2), False),
    ],
)
def test_one_picture_is_told_from_several(shape, one):
    pixels = np.arange(np.prod(shape)).reshape(shape)
    found = one_picture(pixels)
    if one:
        np.testing.assert_array_equal(found, pixels.reshape(shape[-3:]))
    else:
        assert found is None


WIDE_TYPES = [dtype for dtype in INTEGERS if dtype.itemsize > 1]


@pytest.mark.parametrize("dtype", WIDE_TYPES, ids=str)
@pytest.mark.parametrize("white", [1, 255, 4095, 65535])
@pytest.mark.parametrize("channels", [(), (1,), (2,), (3,), (4,)])
def test_pixels_in_a_type_that_is_too_wide_are_what_they_are(dtype, white, channels):
    if white > np.iinfo(dtype).max:
        pytest.skip("it does not fit")
    unit = np.linspace(0, 1, 60).reshape(6, 10)
    image = np.broadcast_to(unit.reshape(6, 10, *(1,) * len(channels)), (6, 10, *channels))
    image = np.rint(image * white).astype(dtype)
    assert white_of(image) == white
    rgb, alpha = to_rgb(image)
    np.testing.assert_allclose(rgb[..., 0], unit, atol=0.51 / white)
    back = from_rgb(rgb, dtype, alpha, white)
    expected = image.reshape(6, 10, -1)[..., :1] if white > 1 else image.reshape(6, 10, -1) * 255
    assert back.dtype == (np.uint8 if white == 1 else dtype)
    np.testing.assert_array_equal(back[..., 0], expected[..., 0])
    if alpha is not None:
        np.testing.assert_array_equal(alpha, image[..., -1])


@pytest.mark.parametrize("dtype", [np.int32, np.uint32, np.int64, np.uint64])
@pytest.mark.parametrize("highest", [65536, 100_000, 2**22])
def test_what_would_be_all_but_black_is_refused(dtype, highest):
    with pytest.raises(ImageError, match=rf"content has values up to {highest}.*rescale it"):
        to_rgb(np.array([[0, highest]], dtype), "content")


def test_wide_numbers_that_are_dark_by_choice_stay_dark():
    np.testing.assert_allclose(to_rgb(np.full((2, 2), 20_000, np.uint16))[0], 20_000 / 65535)
    np.testing.assert_array_equal(to_rgb(np.zeros((2, 2), np.int64))[0], 0)
    np.testing.assert_allclose(to_rgb(np.ones((2, 2), np.uint8))[0], 1 / 255)


@pytest.mark.parametrize(
    ("shape", "advice"), [((3, 40, 50), "moveaxis"), ((1, 3, 40, 50), r"image\[0\]")]
)
def test_channels_that_come_first_are_told_from_an_image(shape, advice):
    with pytest.raises(ImageError, match=advice):
        to_rgb(np.zeros(shape, np.float32))


def test_holes_under_transparency_are_no_reason_to_refuse_an_image():
    image = np.full((3, 4, 4), 0.5, np.float32)
    image[0] = np.nan, np.inf, -np.inf, 0
    rgb, _ = to_rgb(image)
    assert np.isfinite(rgb).all()
