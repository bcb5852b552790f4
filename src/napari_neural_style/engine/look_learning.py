"""How a look is learnt, top to bottom: `learn_steps`.

A small network learns to paint crops of the content as they were painted: few-shot patch-based
training (O. Texler et al., arXiv:2004.14489), with style statistics (L. Gatys et al., CVPR 2016) in
place of an adversary.
"""

from __future__ import annotations

import math
import time
from collections.abc import Generator, Mapping

import numpy as np
import tensorflow as tf

from napari_neural_style.control import Control
from napari_neural_style.engine.arithmetic import pick_precision
from napari_neural_style.engine.builtin_network import TITLE, builtin_weights
from napari_neural_style.engine.device import describe_device, pick_device
from napari_neural_style.engine.look_critic import LookCritic, LossWeights, PairLosses
from napari_neural_style.engine.look_crops import Crops, Drawn
from napari_neural_style.engine.look_layers import first_parameters, painted
from napari_neural_style.engine.look_optimizer import LookOptimizer
from napari_neural_style.engine.look_painting import Painter
from napari_neural_style.engine.look_start import starts
from napari_neural_style.engine.losses import Moments
from napari_neural_style.errors import EngineFailed, ImageError
from napari_neural_style.learn_job import LearnJob, Learnt
from napari_neural_style.look_network import LookNetwork
from napari_neural_style.progress import Notice

__all__ = ["learn_steps"]

#: The longest side of the crop of a step, in pixels: nearly a whole picture of 512 px. Distances of
#: small crops are noise, and a few steps of large ones come nearer than many of small ones.
_CROP = 448
#: At how many places of each pair crops are: the features wanted there are looked at once.
_PLACES = 32
_RATE = 4.5e-3
_WARM_UP_STEPS = 20
#: How much of the moving average of the parameters stays at each step.
_AVERAGING = 0.98
_CLIP = 1.0


def learn_steps(
    job: LearnJob, control: Control | None = None
) -> Generator[Learnt | Notice, None, None]:
    """Learn a look, step by step.

    Parameters
    ----------
    job : LearnJob
    control : Control, optional
        Lets another thread pause or cancel it.

    Yields
    ------
    Learnt
        After the first step, after every ``job.update_every`` steps and after the last.

    Raises
    ------
    ImageError
        If the pairs are not as they should be; before the first step.
    Cancelled
        If `control` says so; before the next step.
    EngineFailed
        If the training leaves the range of numbers.
    """
    control = control or Control()
    _check(job)
    device = pick_device(job.device)
    with tf.device(device):
        precision = pick_precision(job.precision, device)
        start = _start(job, precision)
        learner = Learner(start, precision, job.steps)
    crops = Crops(job.pairs, start.widths.margin, _CROP, job.seed, _PLACES)
    seconds = 0.0
    for step in range(1, job.steps + 1):
        control.checkpoint()
        began = time.perf_counter()
        drawn = crops.draw(1)
        with tf.device(device):
            losses = learner.step(drawn)
        seconds += time.perf_counter() - began
        if step == 1 or step % job.update_every == 0 or step == job.steps:
            told = {name: float(loss) for name, loss in losses.items()}
            if not math.isfinite(told["total"]):
                raise EngineFailed(
                    f"Learning the look has left the range of numbers at step {step}: begin it "
                    f"again with another seed."
                )
            network = learner.network()
            image = Painter(network, precision, device)(job.pairs[0].content, control)
            yield Learnt(
                step=step,
                total=job.steps,
                losses=told,
                seconds=seconds,
                remaining=seconds / step * (job.steps - step) if step > 1 else None,
                fraction=step / job.steps,
                image=image,
                features=TITLE,
                style_loss="moments",
                device=describe_device(device),
                precision=precision,
                network=network,
            )


class Learner:
    """The parameters of a network, what improves them, and their moving average.

    Parameters
    ----------
    start : LookNetwork
    precision : {"float32", "bfloat16"}
        Arithmetic of the convolutions; parameters and losses are float32.
    steps : int
        How many there will be: the learning rate falls to 0 over them.
    """

    def __init__(
        self,
        start: LookNetwork,
        precision: str,
        steps: int,
        weights: LossWeights | None = None,
    ) -> None:
        self.widths = start.widths
        self._precision = precision
        arrays = {name: array.astype(np.float32) for name, array in start.parameters.items()}
        self._variables = {name: tf.Variable(array) for name, array in arrays.items()}
        self._averages = {name: tf.Variable(array) for name, array in arrays.items()}
        self._optimizer = LookOptimizer(self._variables)
        self._critic = LookCritic(builtin_weights(), precision)
        self._weights = weights or LossWeights()
        self._statistics = tf.function(self._critic.statistics, autograph=False)
        self._wanted: dict[object, dict[str, Moments]] = {}
        self._done, self._steps = 0, steps
        self._update = tf.function(self._updated, autograph=False)

    def step(self, drawn: Drawn) -> dict[str, tf.Tensor]:
        """Improve the network by some crops; return the losses before that."""
        self._done += 1
        share = self._done / self._steps
        rate = _RATE * min(1.0, self._done / _WARM_UP_STEPS) * 0.5 * (1 + math.cos(math.pi * share))
        contents, results, grains = map(tf.constant, drawn[:3])
        if drawn.places not in self._wanted:
            self._wanted[drawn.places] = self._statistics(results)
        return dict(
            self._update(
                contents,
                results,
                self._wanted[drawn.places],
                grains,
                tf.constant(rate, tf.float32),
                tf.constant(float(self._done)),
            )
        )

    def network(self) -> LookNetwork:
        """Return the moving average of the network, as it is saved."""
        arrays = {name: average.numpy() for name, average in self._averages.items()}
        return LookNetwork(self.widths, arrays).half_precision()

    def _losses(
        self,
        contents: tf.Tensor,
        results: tf.Tensor,
        wanted: Mapping[str, Moments],
        grains: tf.Tensor,
    ) -> PairLosses:
        parameters = {
            name: tf.cast(variable, self._precision) for name, variable in self._variables.items()
        }
        found = painted(parameters, self.widths, contents, grains)
        return self._critic(found, results, wanted)

    def _updated(
        self,
        contents: tf.Tensor,
        results: tf.Tensor,
        wanted: Mapping[str, Moments],
        grains: tf.Tensor,
        rate: tf.Tensor,
        step: tf.Tensor,
    ) -> dict[str, tf.Tensor]:
        with tf.GradientTape() as tape:
            losses = self._losses(contents, results, wanted, grains)
            total = losses.total(self._weights)
        gradients = tape.gradient(total, list(self._variables.values()))
        self._optimizer.step(tf.clip_by_global_norm(gradients, _CLIP)[0], step, rate)
        keep = tf.minimum(_AVERAGING, step / (step + 9))
        for name, average in self._averages.items():
            average.assign(keep * average + (1 - keep) * self._variables[name])
        return {"total": total, **losses._asdict()}


def _start(job: LearnJob, precision: str) -> LookNetwork:
    """Return the network to start from: of those that come with the package, the nearest one."""
    if job.start:
        return job.start
    if job.widths:
        return LookNetwork(job.widths, first_parameters(job.widths, job.seed))
    networks = starts()
    critic = LookCritic(builtin_weights(), precision)
    crops = Crops(job.pairs, networks[0].widths.margin, _CROP, job.seed)
    contents, results, grains = map(tf.constant, crops.draw(1)[:3])
    wanted = critic.statistics(results)

    def distance(parameters: dict[str, tf.Tensor]) -> tf.Tensor:
        found = painted(parameters, networks[0].widths, contents, grains)
        return critic(found, results, wanted).total(LossWeights())

    compiled = tf.function(distance, autograph=False)

    def distance_of(network: LookNetwork) -> float:
        arrays = network.parameters.items()
        return float(compiled({name: tf.cast(array, precision) for name, array in arrays}))

    return min(networks, key=distance_of)


def _check(job: LearnJob) -> None:
    if not job.pairs:
        raise ImageError("There is nothing to learn from: give a content and its result.")
    for pair in job.pairs:
        for image in (pair.content, pair.result):
            if image.ndim != 3 or image.shape[-1] != 3 or image.shape != pair.content.shape:
                raise ImageError(
                    f"A content has the shape {pair.content.shape} and its result "
                    f"{pair.result.shape}: both must be (height, width, 3), and the same."
                )
            if not np.isfinite(image).all():
                raise ImageError("A pair has NaN or infinite values: replace them first.")
