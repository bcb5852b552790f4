"""`stylize_steps` as its callers see it: what is yielded, when, and what is refused."""

from __future__ import annotations

import hashlib
import itertools
import threading
from importlib import resources
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from differences import matrix_root

from napari_neural_style.control import Control
from napari_neural_style.costs.model import Plan
from napari_neural_style.engine import margins, stylize_steps
from napari_neural_style.engine.builtin_network import builtin_weights
from napari_neural_style.engine.tile_choice import TileChoice
from napari_neural_style.engine.vgg import VGG19
from napari_neural_style.errors import Cancelled, EngineFailed, ImageError, SettingsError
from napari_neural_style.job import Job
from napari_neural_style.progress import Notice, Progress
from napari_neural_style.settings import Settings

SHALLOW = {
    "content_layers": {"block2_conv1": 1.0},
    "style_layers": {"block1_conv1": 0.5, "block2_conv1": 0.5},
}


def settings(**changes) -> Settings:
    """Small and shallow: what is tested here does not depend on depth."""
    small = {"features": "builtin", "precision": "float32", "steps": 4, "size": 48, "device": "cpu"}
    return Settings(**{**small, **SHALLOW, **changes})


@pytest.fixture
def pair(picture):
    return picture(48, 36, seed=1), picture(40, 48, seed=2)


def run(pair, control: Control | None = None, **changes) -> list[Progress]:
    return list(stylize_steps(Job(*pair, settings(**changes)), control))


@pytest.mark.parametrize(
    ("steps", "every", "expected"),
    [(1, 10, [1]), (5, 10, [1, 5]), (6, 3, [1, 3, 6]), (7, 3, [1, 3, 6, 7]), (3, 1, [1, 2, 3])],
)
def test_progress_comes_first_at_intervals_and_last_once(pair, steps, every, expected):
    updates = run(pair, steps=steps, update_every=every, smallest_scale=24)
    assert [update.step for update in updates] == expected
    assert [update.finished for update in updates] == [s == steps for s in expected]
    assert all(update.total == steps for update in updates)


def test_progress_tells_what_the_user_wants_to_know(pair):
    updates = run(pair, steps=12, update_every=4, smallest_scale=24)
    names = {"total", "content", "style", "tv", "style/block1_conv1", "style/block2_conv1"}
    for update in updates:
        assert set(update.losses) == names
        assert all(np.isfinite(loss) for loss in update.losses.values())
        assert update.image.dtype == np.float32
        assert update.image.min() >= 0
        assert update.image.max() <= 1
        assert (update.device, update.precision) == ("CPU", "float32")
        assert "Built-in" in update.features
    fractions = [update.fraction for update in updates]
    assert fractions == sorted(set(fractions))
    assert fractions[-1] == 1
    assert updates[0].remaining is None
    assert updates[-1].remaining == 0
    assert updates[-1].image.shape == (48, 36, 3)
    assert updates[0].image.shape == (24, 18, 3)


def test_progress_carries_the_checksum_of_the_weights(pair, small_h5):
    shipped = resources.files("napari_neural_style.engine") / "builtin_weights.npz"
    layers = {"content_layers": {"block1_conv2": 1.0}, "style_layers": {"block1_conv1": 1.0}}
    for changes, file in (
        ({}, Path(str(shipped))),
        ({"features": "vgg19", "weights": str(small_h5), **layers}, small_h5),
    ):
        progress = run(pair, steps=1, **changes)[-1]
        assert progress.weights_sha256 == hashlib.sha256(file.read_bytes()).hexdigest()


def test_total_is_the_weighted_sum_of_the_terms(pair):
    weights = {"content_weight": 0.7, "style_weight": 3, "tv_weight": 0.2}
    for update in run(pair, update_every=1, style_loss="gram", **weights):
        losses = update.losses
        style = 0.5 * losses["style/block1_conv1"] + 0.5 * losses["style/block2_conv1"]
        assert losses["style"] == pytest.approx(style, rel=1e-5)
        total = 0.7 * losses["content"] + 3 * losses["style"] + 0.2 * losses["tv"]
        assert losses["total"] == pytest.approx(total, rel=1e-5)


@pytest.mark.parametrize("init", ["content", "noise"])
def test_same_seed_gives_the_same_picture_to_the_bit(pair, init):
    first, second = (run(pair, init=init, seed=7, smallest_scale=24)[-1] for _ in range(2))
    np.testing.assert_array_equal(first.image, second.image)
    assert first.losses == second.losses


def test_another_seed_gives_another_picture_from_noise(pair):
    first, second = (run(pair, init="noise", seed=seed)[-1] for seed in (1, 2))
    assert np.abs(first.image - second.image).mean() > 0.05


def test_cancelled_run_takes_no_further_step(pair):
    control = Control()
    updates = stylize_steps(Job(*pair, settings(steps=100, update_every=1)), control)
    assert next(updates).step == 1
    assert next(updates).step == 2
    control.cancel()
    with pytest.raises(Cancelled):
        next(updates)


def test_cancel_before_the_start_ends_the_run_before_its_first_step(pair):
    control = Control()
    control.cancel()
    with pytest.raises(Cancelled):
        next(stylize_steps(Job(*pair, settings()), control))


def test_paused_run_holds_until_it_is_resumed(pair):
    control, seen, first = Control(), [], threading.Event()

    def work() -> None:
        for update in stylize_steps(Job(*pair, settings(steps=6, update_every=1)), control):
            seen.append(update.step)
            if update.step == 2:
                control.pause()
                first.set()

    worker = threading.Thread(target=work)
    worker.start()
    assert first.wait(60)
    worker.join(0.5)
    assert worker.is_alive()
    assert seen == [1, 2]
    control.resume()
    worker.join(60)
    assert seen == [1, 2, 3, 4, 5, 6]


def test_cancel_ends_a_paused_run(pair):
    control = Control()
    updates = stylize_steps(Job(*pair, settings(steps=6, update_every=1)), control)
    next(updates)
    control.pause()
    threading.Timer(0.2, control.cancel).start()
    with pytest.raises(Cancelled):
        next(updates)


@pytest.mark.parametrize("shape", [(1, 1), (7, 300), (300, 1), (17, 16)])
@pytest.mark.parametrize("loss", ["wasserstein", "gram"])
def test_odd_shapes_are_painted(picture, shape, loss):
    pair = picture(*shape), picture(*reversed(shape), seed=1)
    last = run(pair, size=512, style_loss=loss)[-1]
    assert last.image.shape == (*shape, 3)
    assert np.isfinite(list(last.losses.values())).all()


@pytest.mark.parametrize("style_value", [0.0, 0.5])
@pytest.mark.parametrize("loss", ["wasserstein", "gram"])
def test_flat_images_are_painted(style_value, loss):
    flat = np.full((32, 32, 3), 0.3, np.float32), np.full((20, 20, 3), style_value, np.float32)
    last = run(flat, style_loss=loss)[-1]
    assert np.isfinite(last.image).all()
    assert np.isfinite(list(last.losses.values())).all()


@pytest.mark.parametrize("optimizer", ["lbfgs", "adam", "lamb"])
@pytest.mark.parametrize("zero", [{"content_weight": 0}, {"style_weight": 0}, {"tv_weight": 0}])
def test_a_weight_of_zero_leaves_a_sane_picture(pair, zero, optimizer):
    first, *_, last = run(pair, steps=20, optimizer=optimizer, **zero)
    assert last.losses["total"] < first.losses["total"] or first.losses["total"] == 0
    assert 0.02 < last.image.std() < 0.4


@pytest.mark.parametrize("optimizer", ["lbfgs", "adam", "lamb"])
def test_no_weight_at_all_leaves_the_content_as_it_is(pair, optimizer):
    zero = {"content_weight": 0, "style_weight": 0, "tv_weight": 0}
    last = run(pair, optimizer=optimizer, smallest_scale=0, **zero)[-1]
    np.testing.assert_allclose(last.image, pair[0], atol=1e-6)


def test_content_equal_to_style_stays_what_it_is(picture):
    image = picture(48, 48, seed=1, grain=0.0)
    last = run((image, image), steps=30)[-1]
    assert np.abs(last.image - image).mean() < 0.02


@pytest.mark.parametrize("which", [0, 1], ids=["content", "style"])
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_values_that_no_image_has_are_refused(pair, which, value):
    pair[which][3, 4, 1] = value
    with pytest.raises(ImageError, match=f"The {('content', 'style')[which]} has NaN or infinite"):
        run(pair)


@pytest.mark.parametrize("shape", [(8, 8), (8, 8, 4), (0, 8, 3)])
def test_shapes_that_no_image_has_are_refused(pair, shape):
    with pytest.raises(ImageError, match="The style has the shape"):
        run((pair[0], np.zeros(shape, np.float32)))


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"features": "x"}, r"features is 'x': it must be one of \('vgg19', 'builtin'"),
        ({"style_loss": "x"}, r"style_loss is 'x': it must be one of \('auto', 'gram'"),
        ({"content_loss": "x"}, r"content_loss is 'x': it must be one of \('squared'"),
        ({"style_layers": {"x": 1.0}}, r"style_layers names 'x', which Built-in .* does not have"),
    ],
)
def test_names_that_are_not_registered_are_refused(pair, changes, sentence):
    with pytest.raises(SettingsError, match=sentence):
        run(pair, **changes)


def test_size_beyond_the_content_does_not_upscale(pair):
    assert run(pair, size=512)[-1].image.shape == pair[0].shape


def test_smaller_size_shrinks_in_proportion(pair):
    assert run(pair, size=32)[-1].image.shape == (32, 24, 3)


def test_start_from_a_given_image(pair, picture):
    given = picture(48, 36, seed=9)
    job = Job(*pair, settings(init="image", steps=1, learning_rate=1e-6), init=given)
    np.testing.assert_allclose(list(stylize_steps(job))[-1].image, given, atol=1e-5)


def test_style_strength_trades_content_for_style_monotonically(pair):
    losses = [
        run(pair, steps=40, style_strength=strength)[-1].losses
        for strength in (0.0, 0.25, 0.5, 0.75, 1.0)
    ]
    content = [loss["content"] for loss in losses]
    style = [loss["style"] for loss in losses]
    assert content[:3] == sorted(set(content[:3]))
    assert style[:3] == sorted(set(style[:3]), reverse=True)
    # Where the content hardly counts any more, both are down to the optimiser's jitter.
    assert all(more > 0.98 * less for less, more in itertools.pairwise(content))
    assert all(more < 1.1 * less for less, more in itertools.pairwise(style))
    assert max(style[3:]) < style[2] < 0.5 * style[0]
    assert content[-1] > 3 * content[0]


@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
@pytest.mark.parametrize("loss", ["gram", "wasserstein"])
def test_diverging_run_is_said_with_a_remedy(pair, vgg19_arrays, tmp_path, loss):
    """Kernels so large that float32 overflows in the moments, taken as they are."""
    path = tmp_path / "huge.npz"
    np.savez(
        path,
        **{
            f"{layer}.{name}": array * np.float32(1e12)
            for layer in list(vgg19_arrays)[:3]
            for name, array in zip(("kernel", "bias"), vgg19_arrays[layer], strict=True)
        },
    )
    with pytest.raises(EngineFailed, match="choose a lower learning rate or smaller weights"):
        run(pair, features="vgg19", weights=str(path), style_loss=loss, loss_scale="absolute")


def test_layer_that_the_weights_file_lacks_is_named(pair, vgg19_arrays, tmp_path):
    path = tmp_path / "shallow.npz"
    kernel, bias = vgg19_arrays["block1_conv1"]
    np.savez(path, **{"block1_conv1.kernel": kernel, "block1_conv1.bias": bias})
    with pytest.raises(SettingsError, match=r"block2_conv1.*shallow\.npz.* does not have"):
        run(pair, features="vgg19", weights=str(path))


def style_distance(image, style, layer: str) -> float:
    """Squared Wasserstein distance of two images' features, by the textbook."""
    network = VGG19(builtin_weights(), padding="edge")
    maps = (network(tf.constant(i[None]), [layer])[layer].numpy()[0] for i in (image, style))
    a, b = (f.reshape(-1, f.shape[-1]).astype(np.float64) for f in maps)
    sigma, target = (np.cov(f, rowvar=False) + 1e-9 * np.eye(f.shape[-1]) for f in (a, b))
    root = matrix_root(target)
    cross = np.trace(matrix_root(root @ sigma @ root))
    shift = ((a.mean(0) - b.mean(0)) ** 2).sum()
    return float(shift + np.trace(sigma) + np.trace(target) - 2 * cross)


def test_balanced_run_takes_on_the_style(picture):
    content, style = picture(64, 64, seed=1), picture(64, 64, seed=2, grain=0.15)
    balanced = Settings(features="builtin", steps=60, smallest_scale=32, device="cpu")
    result = list(stylize_steps(Job(content, style, balanced)))[-1].image
    for layer in ("block1_conv1", "block2_conv1"):
        before, after = (style_distance(image, style, layer) for image in (content, result))
        assert after < 0.4 * before


# At 1.0 it is the first step that goes too far, and its loss is not known before the second.
@pytest.mark.parametrize("rate", [0.5, 1.0])
def test_run_that_falls_apart_is_brought_back(pair, rate):
    absurd = {"optimizer": "adam", "learning_rate": rate, "decay": 0.0, "averaging": 0.0}
    updates = list(stylize_steps(Job(*pair, settings(steps=40, update_every=5, **absurd))))
    assert any(isinstance(update, Notice) and update.important for update in updates)
    pictures = [update for update in updates if isinstance(update, Progress)]
    assert pictures[-1].losses["total"] < pictures[0].losses["total"]
    assert 0.02 < pictures[-1].image.std() < 0.4


def test_absurd_learning_rate_does_no_harm_to_lbfgs(pair):
    updates = run(pair, steps=40, update_every=5, learning_rate=1.0)
    assert updates[-1].losses["total"] < updates[0].losses["total"]


def test_losses_told_are_never_those_of_a_step_taken_back(pair):
    # A huge radius makes L-BFGS overshoot and turn back again and again.
    updates = run(pair, steps=60, update_every=1, learning_rate=0.5, smallest_scale=0, decay=0.0)
    totals = [update.losses["total"] for update in updates]
    assert all(after <= 1.021 * before for before, after in itertools.pairwise(totals))


def test_healthy_run_raises_no_alarm(pair):
    updates = list(stylize_steps(Job(*pair, settings(steps=60, update_every=1, smallest_scale=16))))
    assert not any(isinstance(update, Notice) for update in updates)


@pytest.mark.parametrize("optimizer", ["adam", "lbfgs", "adam in place"])
@pytest.mark.parametrize(("shape", "width"), [((160, 120), 20), ((6, 160), None)])
def test_the_picture_keeps_its_place_from_scale_to_scale(
    picture, monkeypatch, optimizer, shape, width
):
    """Margins of large pictures have a fixed width, those of thin ones what the network needs."""
    if width:
        monkeypatch.setattr(margins, "margin_width", lambda size: width)
    if optimizer == "adam in place":
        plan = Plan(64, 0, True, in_place=True)
        monkeypatch.setattr(TileChoice, "plan", lambda self, shape: plan)
    content = picture(*shape, grain=0.0)
    *_, last = run(
        (content, content),
        size=160,
        smallest_scale=64,
        steps=6,
        init="content",
        padding="edge",
        optimizer=optimizer.split()[0],
        learning_rate=1e-6,
    )
    away = np.abs(last.image - content).mean()
    assert away < 0.3 * np.abs(np.roll(content, 6, 1) - content).mean()
