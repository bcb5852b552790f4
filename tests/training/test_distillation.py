"""The distillation: it teaches, it can be stopped, and its file holds what was learnt."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
import tensorflow as tf

from napari_neural_style.engine.vgg import VGG19, VGGWeights
from napari_neural_style.engine.weights import read_weights
from napari_neural_style.feature_layers import FEATURE_LAYERS

pytestmark = pytest.mark.usefixtures("_scripts")

WIDTHS = (8, 10, 10, 6, 6)


class Stopped(Exception):
    """The training was interrupted in the middle."""


class Lesson(NamedTuple):
    """What came out of a training."""

    student: Any
    output: Path
    log: list[dict[str, Any]]
    material: Any


@pytest.fixture(scope="module")
def learn(teacher_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Lesson]:
    folder = tmp_path_factory.mktemp("training")

    def learn(name: str, stop: bool = False, **changes: Any) -> Lesson:
        from augmentation import Augmentation
        from checkpoint import Checkpoint
        from distil import Plan, Pupil, distil
        from export import export
        from material import collect
        from network import teacher
        from start import first_student

        class Interrupted(Checkpoint):
            def save(self, *args: Any) -> None:
                super().save(*args)
                raise Stopped

        material = collect(0, None, 6, sources=())
        plan = Plan(
            **{
                "steps": 4,
                "batch": 4,
                "save_every": 2,
                "measure_every": 2,
                "paint_every": 0,
                "augmentation": Augmentation(crop=32),
                **changes,
            }
        )
        images = plan.augmentation(tf.constant(material.patches), tf.constant([0, -2]))
        taught = teacher(read_weights(teacher_file), images)
        checkpoint = (Interrupted if stop else Checkpoint)(folder / f"{name}_checkpoint.npz")
        start = checkpoint.start() or first_student(taught, WIDTHS, images, 0)
        pupil = Pupil(*start, taught)
        log = folder / f"{name}.log"
        distil(pupil, material, plan, checkpoint, log)
        output = folder / f"{name}.npz"
        export(pupil.student, material, output, deep_widths=WIDTHS[3:], origin={"origin": "a test"})
        lines = [json.loads(line) for line in log.read_text().splitlines()]
        return Lesson(pupil.student, output, lines, material)

    return learn


@pytest.fixture(scope="module")
def lesson(learn: Callable[..., Lesson]) -> Lesson:
    return learn("whole")


def test_the_file_has_every_layer_though_the_teacher_has_not(lesson: Lesson) -> None:
    weights = read_weights(lesson.output)
    assert tuple(weights.kernels) == FEATURE_LAYERS
    widths = [weights.kernels[f"block{block}_conv1"].shape[-1] for block in range(1, 6)]
    assert widths == [8, 10, 10, 6, 6]
    assert all(np.isfinite(kernel).all() for kernel in weights.kernels.values())
    with np.load(lesson.output) as file:
        assert str(file["origin"]) == "a test"


def test_the_engine_sees_with_the_file_what_the_student_has_learnt_to_see(lesson: Lesson) -> None:
    weights = read_weights(lesson.output)
    engine = VGG19(VGGWeights("", weights.kernels, weights.biases, pooling="blur"), padding="edge")
    image = tf.constant(lesson.material.patches[:1, :48, :40] / np.float32(255))
    learnt = lesson.student(image)
    for layer, found in engine(image, list(learnt)).items():
        # Alike but for one factor.
        wanted = learnt[layer].numpy() * (found.numpy().mean() / learnt[layer].numpy().mean())
        np.testing.assert_allclose(found, wanted, rtol=0.02, atol=0.02 * wanted.max())


def test_training_that_was_stopped_goes_on_as_if_it_had_not(
    learn: Callable[..., Lesson], lesson: Lesson
) -> None:
    with pytest.raises(Stopped):
        learn("stopped", stop=True)
    resumed = learn("stopped")
    with np.load(lesson.output) as whole, np.load(resumed.output) as file:
        assert whole.files == file.files
        for name in whole.files[:-1]:
            np.testing.assert_allclose(file[name], whole[name], rtol=4e-3, atol=1e-3)
    assert resumed.log[-1]["step"] == 4


def test_the_error_on_pictures_never_seen_falls(learn: Callable[..., Lesson]) -> None:
    log = learn("longer", steps=60, batch=8, measure_every=4, save_every=60, rate=5e-3).log
    first, last = (np.array(list(line["augmented"].values())) for line in (log[0], log[-1]))
    assert (last < 0.9 * first).all()
    assert (first < 1).all()


def test_the_pictures_that_it_paints_are_learnt_from_and_kept(
    learn: Callable[..., Lesson], monkeypatch: pytest.MonkeyPatch
) -> None:
    import painting

    # Deep layers of the real width are thousands of orthogonal rows.
    monkeypatch.setattr(painting, "export", partial(painting.export, deep_widths=WIDTHS[3:]))
    monkeypatch.setattr(painting, "_SIZES", (96, 112))
    monkeypatch.setattr(painting, "_STEPS", (10, 15))

    def painted(name: str, **changes: Any) -> np.ndarray:
        output = learn(name, **changes).output
        with np.load(output.with_name(f"{name}_checkpoint.npz")) as checkpoint:
            return checkpoint["painted"]

    kept = painted("painting", paint_every=2, paint_count=1)
    assert len(kept)
    assert kept.std() > 5
    assert len(painted("sparing", paint_every=2, paint_count=1, painted_kept=1)) == 1
