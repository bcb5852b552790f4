"""`steadied`: a frame as a look paints it, held to the one before."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter, shift

from napari_neural_style.films.steadying import steadied

HEIGHT, WIDTH = 60, 80
FIRM = 1.0


def scene(down: float = 0.0, right: float = 0.0, seed: int = 1) -> np.ndarray:
    """Return a picture with detail, moved by so many pixels."""
    rng = np.random.default_rng(seed)
    whole = gaussian_filter(rng.random((HEIGHT + 40, WIDTH + 40, 3)), (2, 2, 0))
    whole = (whole - whole.min()) / np.ptp(whole)
    moved = shift(whole, (down, right, 0), order=3, mode="nearest")
    return np.clip(moved[20:-20, 20:-20], 0, 1).astype(np.float32)


def grainy(content: np.ndarray, seed: int) -> np.ndarray:
    """Return a painting of it: another palette, and strokes that are anew in every frame."""
    grain = np.random.default_rng(seed).normal(0, 0.1, content.shape)
    return np.clip(0.8 - 0.6 * content + grain, 0, 1).astype(np.float32)


def inner(image: np.ndarray) -> np.ndarray:
    return image[10:-10, 10:-10]


@pytest.mark.parametrize(("down", "right"), [(0, 0), (3, -2), (0.5, 1.25)])
def test_strokes_that_differ_are_averaged_along_the_motion(down: float, right: float) -> None:
    before, content = scene(), scene(down, right)
    true, painting = 0.8 - 0.6 * content, grainy(content, 3)
    held = steadied((content, painting), (before, grainy(before, 2)), FIRM)
    assert held.shape == painting.shape
    assert held.dtype == np.float32
    error, grain = (np.abs(inner(x - true)).mean() for x in (held, painting))
    # A mean of two noises of equal variance, a quarter and three quarters of them: 0.79 at best.
    assert error < 0.9 * grain
    still = steadied((before, painting), (before, grainy(before, 2)), FIRM)
    if down or right:
        assert error < np.abs(inner(still - true)).mean() + 0.02


def test_over_many_frames_the_flicker_goes_and_the_picture_stays() -> None:
    frames = [scene(0.7 * k, -0.4 * k) for k in range(6)]
    painted = [grainy(frame, k) for k, frame in enumerate(frames)]
    calm = [painted[0]]
    for k in range(1, 6):
        calm.append(steadied((frames[k], painted[k]), (frames[k - 1], calm[-1]), FIRM))
    error, grain = (
        np.abs(inner(film[-1] - (0.8 - 0.6 * frames[-1]))).mean() for film in (calm, painted)
    )
    assert error < 0.6 * grain
    assert abs(float(calm[-1].mean() - painted[-1].mean())) < 0.01


def test_as_firmly_as_it_is_asked_for() -> None:
    content = scene()
    painting, other = grainy(content, 1), grainy(content, 2)
    changes = [
        float(np.abs(steadied((content, painting), (content, other), firm) - painting).mean())
        for firm in (0.0, 0.5, 1.0)
    ]
    assert changes[0] == 0
    assert changes[1] == pytest.approx(changes[2] / 2, rel=1e-3)


def test_another_scene_takes_nothing_over() -> None:
    content, painting = scene(seed=1), grainy(scene(seed=1), 1)
    before = scene(seed=2), grainy(scene(seed=2), 2)
    # Half as bright: what no motion brings about.
    before = before[0] * 0.3, before[1]
    np.testing.assert_array_equal(steadied((content, painting), before, FIRM), painting)


def test_what_has_come_into_sight_is_painted_anew() -> None:
    before, content = scene(), scene()
    content[20:40, 30:50] = 1 - content[20:40, 30:50] * 0.2
    painting = grainy(content, 1)
    held = steadied((content, painting), (before, grainy(before, 2)), FIRM)
    changed = np.abs(held - painting)
    assert changed[24:36, 34:46].mean() < 0.2 * changed[:15].mean()


def test_content_and_painting_may_have_sizes_of_their_own() -> None:
    large = np.kron(scene(), np.ones((8, 8, 1), np.float32))
    painting = grainy(scene(), 1)
    held = steadied((large, painting), (large, np.kron(painting, np.ones((2, 2, 1)))), FIRM)
    assert held.shape == painting.shape
