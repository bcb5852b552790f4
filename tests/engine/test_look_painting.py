"""A look paints what its formula says, and in tiles the same as at once."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.signal import correlate

from napari_neural_style.control import Control
from napari_neural_style.engine import stylize_steps
from napari_neural_style.engine.look_layers import first_parameters, grain
from napari_neural_style.engine.look_painting import Painter
from napari_neural_style.errors import Cancelled, ImageError
from napari_neural_style.job import Job, Place
from napari_neural_style.look_network import LookNetwork, Widths
from napari_neural_style.settings import Settings
from tiny_looks import TINY, tiny_network

CPU = "/CPU:0"


def _convolved(x: NDArray, p: dict, name: str, stride: int = 1) -> NDArray:
    kernel = p[f"{name}.kernel"].astype(float)
    found = np.stack(
        [
            sum(correlate(x[..., i], kernel[..., i, o], "valid") for i in range(kernel.shape[2]))
            for o in range(kernel.shape[3])
        ],
        axis=-1,
    )[::stride, ::stride]
    return found + p.get(f"{name}.bias", np.zeros(1)).astype(float)


def _split(x: NDArray) -> NDArray:
    h, w, c = x.shape
    return x.reshape(h // 2, 2, w // 2, 2, c).transpose(0, 2, 1, 3, 4).reshape(h // 2, w // 2, -1)


def _joined(x: NDArray) -> NDArray:
    h, w, c = x.shape
    return x.reshape(h, w, 2, 2, c // 4).transpose(0, 2, 1, 3, 4).reshape(2 * h, 2 * w, -1)


def _reference(network: LookNetwork, image: NDArray) -> NDArray:
    """The network written down with scipy, in float64, over the whole picture at once."""
    p, margin = dict(network.parameters), network.widths.margin
    h, w = image.shape[:2]
    x = np.pad(image, [(margin, margin + -h % 4), (margin, margin + -w % 4), (0, 0)], "edge")
    texture = grain(-margin // 4, -margin // 4, x.shape[0] // 4, x.shape[1] // 4)
    entered = np.maximum(_convolved(_split(x - 0.5), p, "enter"), 0)[1:-1, 1:-1]
    x = _convolved(entered, p, "shrink", 2)
    x = np.maximum(x + _convolved(texture[1:-1, 1:-1], p, "grain"), 0)
    for block in range(1, network.widths.blocks + 1):
        change = np.maximum(_convolved(x, p, f"block{block}.first"), 0)
        x = np.maximum(x[2:-2, 2:-2] + _convolved(change, p, f"block{block}.second"), 0)
    x = correlate(_joined(_convolved(x, p, "grow")), np.full((2, 2, 1), 0.25), "valid")
    cut = 2 * (2 * network.widths.blocks + 1)
    x = np.maximum(x + entered[cut : cut + x.shape[0], cut : cut + x.shape[1]], 0)
    x = _joined(_convolved(np.maximum(_convolved(x, p, "finish"), 0), p, "leave"))
    x = correlate(x, np.full((2, 2, 1), 0.25), "valid")[4:, 4:]
    return np.clip(x + 0.5, 0, 1)[:h, :w]


@pytest.mark.parametrize("shape", [(16, 20), (13, 22), (1, 1)])
def test_it_paints_what_the_network_says(picture, shape) -> None:
    image, network = picture(*shape), tiny_network()
    painted = Painter(network, "float32", CPU)(image)
    assert painted.shape == image.shape
    np.testing.assert_allclose(painted, _reference(network, image), atol=1e-5)


@given(height=st.integers(1, 70), width=st.integers(1, 70), tile=st.sampled_from([4, 16, 32]))
def test_tiles_fit_together_to_the_untiled_picture(picture, height, width, tile) -> None:
    image = picture(height, width, seed=height)
    painter = Painter(tiny_network(1), "float32", CPU)
    np.testing.assert_allclose(painter(image, tile=tile), painter(image), atol=1e-5)


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_a_part_with_what_is_around_it_is_painted_as_in_the_whole(picture, precision) -> None:
    """At the size of the tiles it is the same to the bit, in bfloat16 as well."""
    image, margin = picture(12, 70), TINY.margin
    painter = Painter(tiny_network(), precision, CPU)
    whole = painter(image, tile=32)
    part = image[:, 32 - margin : 64 + 6]
    place = Place(column=32, left=margin, right=6)
    np.testing.assert_array_equal(painter(part, place=place, tile=32), whole[:, 32:64])


def test_the_margin_is_as_far_as_a_pixel_is_seen_and_no_further(picture) -> None:
    widths = Widths(4, 4, 2)
    painter = Painter(tiny_network(3, widths), "float32", CPU)
    image = picture(96, 96)
    changed = image.copy()
    changed[48, 48] = 1 - changed[48, 48]
    rows, columns = np.nonzero((painter(image) != painter(changed)).any(-1))
    reach = max(48 - rows.min(), rows.max() - 48, 48 - columns.min(), columns.max() - 48)
    assert widths.margin - 8 < reach <= widths.margin


def test_a_flat_picture_gets_a_texture_that_hangs_on_the_place_alone() -> None:
    painter = Painter(tiny_network(), "float32", CPU)
    grey = np.full((32, 48, 3), 0.4, np.float32)
    painted = painter(grey)
    assert painted.std(axis=(0, 1)).max() > 1e-3
    np.testing.assert_array_equal(painter(grey), painted)


def test_a_job_with_a_look_takes_one_step_at_the_contents_own_size(picture) -> None:
    content, network = picture(20, 30), tiny_network()
    settings = Settings(size=8192, precision="float32", device="cpu")
    (progress,) = stylize_steps(Job(content, (), settings, look=network))
    assert (progress.step, progress.total, progress.finished) == (1, 1, True)
    assert progress.weights_sha256 == network.fingerprint
    np.testing.assert_array_equal(progress.image, Painter(network, "float32", CPU)(content))
    (small,) = stylize_steps(Job(content, (), settings.replace(size=16), look=network))
    assert small.image.shape == (11, 16, 3)


def test_a_cancelled_job_paints_nothing_more(picture) -> None:
    control = Control()
    control.cancel()
    with pytest.raises(Cancelled):
        list(stylize_steps(Job(picture(8, 8), (), look=tiny_network()), control))


def test_a_content_that_cannot_be_is_refused() -> None:
    for content, text in (
        (np.zeros((4, 4), np.float32), "shape"),
        (np.full((4, 4, 3), np.nan, np.float32), "NaN"),
    ):
        with pytest.raises(ImageError, match=text):
            list(stylize_steps(Job(content, (), look=tiny_network())))


def test_a_new_network_begins_as_a_faint_copy_without_checks(picture) -> None:
    network = LookNetwork(Widths(), first_parameters(Widths(), 0))
    painted = Painter(network, "float32", CPU)(picture(32, 32, grain=0.0))
    blocks = painted.reshape(16, 2, 16, 2, 3)
    assert np.isfinite(painted).all()
    assert abs(painted.mean() - 0.5) < 0.3
    assert blocks.mean((0, 2, 4)).std() < 0.2
