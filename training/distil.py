"""The distillation: gradient descent on what the student cannot tell of the teacher's maps."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
import tensorflow as tf
from augmentation import Augmentation
from checkpoint import Checkpoint
from material import PATCH, Material
from network import Network
from numpy.typing import NDArray
from painting import paintings
from start import Heads
from tqdm import tqdm

from napari_neural_style.engine.parameter_adam import Adam

__all__ = ["Plan", "Pupil", "distil"]

_WARM_UP = 100
_HELD_OUT_CROPS = 96


@dataclass(frozen=True)
class Plan:
    """How to distil.

    Parameters
    ----------
    seed, steps, batch : int
    rate : float
        Highest learning rate; it rises for a few steps and falls along a cosine to zero.
    paint_every : int
        After as many steps, the student paints new pictures; 0 for never.
    paint_count : int
        How many pictures it paints then.
    painted_share : float
        Share of the crops that come from such pictures, once there are any.
    painted_kept : int
        How many patches of them are kept, the newest ones.
    save_every, measure_every : int
        Steps between checkpoints, and between measurements on held-out pictures.
    """

    seed: int = 0
    steps: int = 10_000
    batch: int = 24
    rate: float = 2e-3
    paint_every: int = 400
    paint_count: int = 6
    painted_share: float = 0.3
    painted_kept: int = 600
    save_every: int = 100
    measure_every: int = 250
    augmentation: Augmentation = field(default_factory=Augmentation)


class Pupil:
    """The student with its heads, as variables, and its error against a teacher.

    Parameters
    ----------
    start : Network
        The student's first kernels and biases.
    heads : dict
        As `first_student` returns them.
    teacher : Network
    """

    def __init__(self, start: Network, heads: Heads, teacher: Network) -> None:
        self._teacher = teacher
        kernels = {name: tf.Variable(kernel) for name, kernel in start.kernels.items()}
        biases = {name: tf.Variable(bias) for name, bias in start.biases.items()}
        self.student = Network(kernels, biases, "blur", teacher.dtype.name)
        self._heads = {
            name: tf.Variable(slope[np.newaxis, np.newaxis]) for name, (slope, _) in heads.items()
        }
        self._offsets = {name: tf.Variable(offset) for name, (_, offset) in heads.items()}
        self.variables: dict[str, tf.Variable] = {
            f"{name}.{part}": variable
            for part, variables in (
                ("kernel", kernels),
                ("bias", biases),
                ("head", self._heads),
                ("offset", self._offsets),
            )
            for name, variable in variables.items()
        }

    def errors(self, images: tf.Tensor) -> dict[str, tf.Tensor]:
        """Return, for each layer, the share of the teacher's variance that is not explained.

        Parameters
        ----------
        images : tensor of float32, shape (B, H, W, 3)
            RGB, 0 to 1.
        """
        wanted = self._teacher(images)
        found = self.student(images)
        return {name: self._error(name, found[name], wanted[name]) for name in wanted}

    def metric(self, layer: str) -> NDArray[np.float32]:
        """Return the matrix that makes distances of the student's maps those of the teacher's.

        With the teacher's map ``H s`` and the student's ``s`` it is the root of ``HᵀH``.
        """
        head = self._heads[layer].numpy()[0, 0]
        values, vectors = np.linalg.eigh(head @ head.T)
        return np.asarray((vectors * np.sqrt(values.clip(0))) @ vectors.T, np.float32)

    def _error(self, layer: str, found: tf.Tensor, wanted: tf.Tensor) -> tf.Tensor:
        head = tf.cast(self._heads[layer], found.dtype)
        offset = tf.cast(self._offsets[layer], found.dtype)
        guess = tf.nn.bias_add(tf.nn.conv2d(found, head, 1, "VALID"), offset)
        # The teacher's channels have unit variance in the mean.
        return tf.reduce_mean(tf.square(tf.cast(guess - tf.stop_gradient(wanted), tf.float32)))


def distil(pupil: Pupil, material: Material, plan: Plan, checkpoint: Checkpoint, log: Path) -> None:
    """Train, from the checkpoint on if there is one, and leave the result in it.

    Everything random depends on the seed and the step alone, so a resumed training goes on as if
    it had not been stopped.

    Parameters
    ----------
    pupil : Pupil
        Changed in place.
    material : Material
    plan : Plan
    checkpoint : Checkpoint
    log : Path
        A file of JSON lines, one for each measurement: the step, and by layer the error on
        held-out pictures as they are and augmented.
    """
    adam = Adam(pupil.variables)
    first, painted = checkpoint.restore(pupil.variables, adam.moments)

    @tf.function(autograph=False)
    def update(
        patches: tf.Tensor, seed: tf.Tensor, step: tf.Tensor, rate: tf.Tensor
    ) -> dict[str, tf.Tensor]:
        images = plan.augmentation(patches, seed)
        with tf.GradientTape() as tape:
            errors = pupil.errors(images)
            loss = tf.add_n(list(errors.values()))
        adam.step(tape.gradient(loss, list(pupil.variables.values())), step, rate)
        return errors

    shown: dict[str, float] = {}
    with tqdm(total=plan.steps, initial=first, unit="step", smoothing=0.05, mininterval=2) as bar:
        for step in range(first, plan.steps):
            if (
                plan.paint_every
                and step
                and step % plan.paint_every == 0
                and step != checkpoint.painted_at
            ):
                fresh = list(
                    paintings(pupil.student, material, plan.paint_count, (plan.seed, step))
                )
                painted = np.concatenate([painted, fresh])[-plan.painted_kept :]
                checkpoint.painted_at = step
            errors = update(
                tf.constant(_drawn(plan, step, material.patches, painted)),
                tf.constant([plan.seed, step]),
                tf.constant(step + 1.0),
                tf.constant(_rate(plan, step), tf.float32),
            )
            for name, error in errors.items():
                value = float(error)
                shown[name] = 0.98 * shown.get(name, value) + 0.02 * value
            if step % 20 == 0:
                bar.set_postfix_str(_short(shown), refresh=False)
            bar.update()
            done = step + 1
            if done % plan.save_every == 0 or done == plan.steps:
                checkpoint.save(pupil.variables, adam.moments, done, painted, asdict(plan))
            if done % plan.measure_every == 0 or done == plan.steps:
                _record(log, done, measured(pupil, material, plan))


def measured(pupil: Pupil, material: Material, plan: Plan) -> dict[str, dict[str, float]]:
    """Return the errors by layer on held-out pictures, as they are and augmented."""
    rng = np.random.default_rng(plan.seed)
    chosen = rng.choice(len(material.held_out), min(len(material.held_out), _HELD_OUT_CROPS), False)
    patches = material.held_out[chosen]
    edge = (PATCH - plan.augmentation.crop) // 2
    plain = patches[:, edge : PATCH - edge, edge : PATCH - edge] / np.float32(255)
    crops = {
        "plain": tf.constant(plain),
        "augmented": plan.augmentation(tf.constant(patches), tf.constant([plan.seed, -1])),
    }
    return {
        kind: {name: float(error) for name, error in pupil.errors(images).items()}
        for kind, images in crops.items()
    }


def _drawn(plan: Plan, step: int, patches: np.ndarray, painted: np.ndarray) -> np.ndarray:
    rng = np.random.default_rng((plan.seed, step))
    count = rng.binomial(plan.batch, plan.painted_share) if len(painted) else 0
    own = painted[rng.integers(len(painted), size=count)] if count else painted[:0]
    return np.concatenate([own, patches[rng.integers(len(patches), size=plan.batch - count)]])


def _rate(plan: Plan, step: int) -> float:
    warm = min(1.0, (step + 1) / _WARM_UP)
    return plan.rate * warm * 0.5 * (1 + math.cos(math.pi * step / plan.steps))


def _short(errors: Mapping[str, float]) -> str:
    return " ".join(f"{name[5:].replace('_conv', '.')}:{e:.3f}" for name, e in errors.items())


def _record(log: Path, step: int, errors: dict[str, dict[str, float]]) -> None:
    rounded = {k: {n: round(e, 5) for n, e in found.items()} for k, found in errors.items()}
    with log.open("a") as file:
        file.write(json.dumps({"step": step, **rounded}) + "\n")
