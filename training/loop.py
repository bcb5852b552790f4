"""The training loop: stochastic gradient descent with checkpoints."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import tensorflow as tf
from augmentation import CROP, Augmentation
from material import Material
from network import Network
from tqdm import tqdm

__all__ = ["Plan", "train"]

_MOMENTUM = 0.9
_WARM_UP = 200


@dataclass(frozen=True)
class Plan:
    """How to train.

    Parameters
    ----------
    seed, steps, batch : int
    rate : float
        Highest learning rate; it rises for a few steps and falls along a cosine to zero.
    decay : float
        Weight decay of the kernels.
    colour : float
        Weight of recovering the clean colours at each block's first layer.
    attack : float
        Length (L2) of the adversarial perturbation, on the scale 0 to 1; 0 for none.
    replays : int
        How many steps each batch serves, each time perturbed further (Shafahi et al. 2019,
        "Adversarial Training for Free!", arXiv:1904.12843); only with an attack.
    save_every : int
        Steps between checkpoints.
    """

    seed: int = 0
    steps: int = 12000
    batch: int = 64
    rate: float = 0.05
    decay: float = 5e-4
    colour: float = 0.5
    attack: float = 0.0
    replays: int = 3
    save_every: int = 252


def train(
    network: Network,
    material: Material,
    augmentation: Augmentation,
    plan: Plan,
    checkpoint: Path,
    start: Path | None = None,
) -> None:
    """Train, from `checkpoint` on if it is there, and leave the result in it.

    Parameters
    ----------
    network : Network
        Changed in place.
    material : Material
    augmentation : Augmentation
    plan : Plan
    checkpoint : Path
        An ``.npz``; everything random depends on the seed and the step alone, so a resumed
        training goes on as if it had not been stopped (under attack, from a whole batch on).
    start : Path, optional
        Another training's checkpoint, to begin with its weights.
    """
    variables = network.variables
    velocity = {name: tf.Variable(tf.zeros_like(v)) for name, v in variables.items()}
    first = 0
    if checkpoint.exists():
        first = _restore(checkpoint, variables, velocity)
    elif start:
        _restore(start, variables)
    patches = tf.constant(material.patches)
    replays = plan.replays if plan.attack else 1

    @tf.function
    def draw(step: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        seed = tf.stack([plan.seed, step])
        labels = tf.random.stateless_uniform([plan.batch], seed, 0, len(material.patches), tf.int32)
        return (*augmentation(tf.gather(patches, labels), seed), labels)

    @tf.function
    def update(
        clean: tf.Tensor, noisy: tf.Tensor, labels: tf.Tensor, nudge: tf.Tensor, rate: tf.Tensor
    ) -> tuple[dict[str, tf.Tensor], tf.Tensor]:
        names = list(variables)
        with tf.GradientTape() as tape:
            tape.watch(nudge)
            losses = network.losses(noisy + nudge, clean, labels)
            loss = losses["class"] + plan.colour * losses["colour"]
        inputs = [variables[n] for n in names] + ([nudge] if plan.attack else [])
        gradients = tape.gradient(loss, inputs)
        if plan.attack:
            nudge = _clipped(nudge + plan.attack * _unit(gradients[-1]), plan.attack)
        for name, gradient in zip(names, gradients, strict=False):
            if name.endswith((".kernel", ".head")):
                gradient += plan.decay * variables[name]
            velocity[name].assign(_MOMENTUM * velocity[name] + gradient)
            # Nesterov's momentum.
            variables[name].assign_sub(rate * (_MOMENTUM * velocity[name] + gradient))
        return losses, nudge

    nothing = tf.zeros([plan.batch, CROP, CROP, 3])
    shown: dict[str, float] = {}
    with tqdm(total=plan.steps, initial=first, unit="step", smoothing=0.05, mininterval=1) as bar:
        for step in range(first, plan.steps):
            if step % replays == 0 or step == first:
                clean, noisy, labels = draw(tf.constant(step // replays))
                nudge = nothing
            rate = tf.constant(_rate(plan, step), tf.float32)
            losses, nudge = update(clean, noisy, labels, nudge, rate)
            for name, value in losses.items():
                shown[name] = 0.99 * shown.get(name, float(value)) + 0.01 * float(value)
            if step % 50 == 0:
                bar.set_postfix({k: f"{v:.3f}" for k, v in shown.items()}, refresh=False)
            bar.update()
            if (step + 1) % plan.save_every == 0 or step + 1 == plan.steps:
                _save(checkpoint, variables, velocity, step + 1, plan, shown)


def _rate(plan: Plan, step: int) -> float:
    warm = min(1.0, (step + 1) / _WARM_UP)
    return plan.rate * warm * 0.5 * (1 + math.cos(math.pi * step / plan.steps))


def _unit(gradient: tf.Tensor) -> tf.Tensor:
    return gradient / (_length(gradient) + 1e-12)


def _clipped(nudge: tf.Tensor, longest: float) -> tf.Tensor:
    return nudge * tf.minimum(1.0, longest / (_length(nudge) + 1e-12))


def _length(x: tf.Tensor) -> tf.Tensor:
    return tf.sqrt(tf.reduce_sum(tf.square(x), [1, 2, 3], keepdims=True))


def _save(
    path: Path,
    variables: dict[str, tf.Variable],
    velocity: dict[str, tf.Variable],
    step: int,
    plan: Plan,
    shown: dict[str, float],
) -> None:
    arrays = {f"variable/{n}": v.numpy() for n, v in variables.items()}
    arrays |= {f"velocity/{n}": v.numpy() for n, v in velocity.items()}
    note = json.dumps({"step": step, "plan": asdict(plan), "shown": shown})
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial.npz")
    np.savez(partial, step=step, note=note, **arrays)
    partial.replace(path)


def _restore(
    path: Path,
    variables: dict[str, tf.Variable],
    velocity: dict[str, tf.Variable] | None = None,
) -> int:
    """Read the variables, and their velocities if asked for; return the step."""
    with np.load(path) as saved:
        shapes = {n[9:]: saved[n].shape for n in saved.files if n.startswith("variable/")}
        if shapes != {n: tuple(v.shape) for n, v in variables.items()}:
            raise SystemExit(
                f"{path} belongs to a training of another network or other material: "
                f"remove it or name another one."
            )
        for name, variable in variables.items():
            variable.assign(saved[f"variable/{name}"])
            if velocity:
                velocity[name].assign(saved[f"velocity/{name}"])
        return int(saved["step"])
