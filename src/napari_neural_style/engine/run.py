"""The whole algorithm, top to bottom: `stylize_steps`."""

from __future__ import annotations

import json
import time
from collections import OrderedDict
from collections.abc import Generator

import numpy as np
import tensorflow as tf

from napari_neural_style.control import Control
from napari_neural_style.engine.device import describe_device, pick_device, pick_precision
from napari_neural_style.engine.objective import Dials, Objective, refreshed
from napari_neural_style.engine.optimize import averaged
from napari_neural_style.engine.pyramid import learning_rate, schedule
from napari_neural_style.engine.start import initial_image
from napari_neural_style.engine.vgg import VGG19, VGGWeights
from napari_neural_style.engine.weights import find_weights
from napari_neural_style.errors import EngineFailed, ImageError, WeightsError
from napari_neural_style.images import FloatImage, fit, resize
from napari_neural_style.job import Job, Notice, Progress
from napari_neural_style.settings import Settings

__all__ = ["stylize_steps"]

#: VGG19 halves the image four times: no side may be shorter than this.
_SMALLEST_SIDE = 16
#: The transport maps of the Wasserstein loss are refreshed every this many steps.
_REFRESH_STEPS = 8
#: A new scale changes the picture fast: after each of its first steps they are refreshed as well.
_RESTLESS_STEPS = 4


def stylize_steps(
    job: Job, control: Control | None = None
) -> Generator[Progress | Notice, None, None]:
    """Stylise, step by step.

    Parameters
    ----------
    job : Job
    control : Control, optional
        Lets another thread pause or cancel the run.

    Yields
    ------
    Notice
        What the user should know: a download, a choice made for them.
    Progress
        After the first step, after every ``settings.update_every`` steps and after the last.

    Raises
    ------
    ImageError, SettingsError, WeightsError
        If the job cannot be done as it is; before the first step.
    Cancelled
        If `control` says so; before the next step.
    EngineFailed
        If the optimisation leaves the range of numbers.
    """
    settings = job.settings
    control = control or Control()
    _check(job.content, "content")
    _check(job.style, "style")
    if job.init is not None:
        _check(job.init, "image to start from")
    device = pick_device(settings.device)
    weights, key = yield from find_weights(settings, control)
    with tf.device(device):
        precision = pick_precision(settings.precision, device)
        objective = _objective(weights, key, settings, device, precision)
        dials = Dials.of(settings)

    # Never beyond the content's own size: there is nothing to gain there.
    size = min(settings.size, max(job.content.shape[:2]))
    scales = schedule(size, settings.smallest_scale, settings.steps)
    clock = _Clock(sum(scale.work for scale in scales))
    state = None
    step = 0
    for scale in scales:
        shape = fit(job.content.shape, scale.size)
        content, style = resize(job.content, shape), _shrunk(job.style, scale.size)
        with tf.device(device):
            base = _tensor(content)
            if state is None:
                state = objective.optimizer.start(_tensor(initial_image(job, shape)))
            else:
                state = objective.optimizer.resized(state, tuple(base.shape[1:3]))
            aims = objective.aims(_tensor(style))
            targets = objective.targets(base, state.image, aims)
        for scale_step in range(1, scale.steps + 1):
            clock.pause(control.checkpoint())
            with tf.device(device):
                rate = learning_rate(settings, scale_step / scale.steps)
                dials = dials._replace(learning_rate=tf.constant(rate, tf.float32))
                state, losses, statistics = objective.step(state, targets, dials)
                if objective.ages and (
                    scale_step <= _RESTLESS_STEPS or scale_step % _REFRESH_STEPS == 0
                ):
                    targets = targets._replace(style=refreshed(aims, statistics))
            step += 1
            clock.tick(scale.size**2)
            if step == 1 or step % settings.update_every == 0 or step == settings.steps:
                image = averaged(state).numpy()[0, : shape[0], : shape[1]]
                if not np.isfinite(image).all():
                    raise EngineFailed(
                        f"The optimisation diverged at step {step}: choose a lower learning rate "
                        f"or smaller weights."
                    )
                yield Progress(
                    step=step,
                    total=settings.steps,
                    losses={name: float(loss) for name, loss in losses.items()},
                    seconds=clock.seconds,
                    remaining=clock.remaining,
                    fraction=clock.fraction,
                    image=image,
                    features=weights.title,
                    device=describe_device(device),
                    precision=precision,
                )


class _Clock:
    """Time and work of a run, without its pauses."""

    def __init__(self, work: int) -> None:
        self._work, self._done = work, 0
        self._start = time.perf_counter()
        # The first step compiles; an estimate from it would be far too high.
        self._first: tuple[float, int] | None = None

    def pause(self, seconds: float) -> None:
        self._start += seconds
        if self._first:
            self._first = (self._first[0] + seconds, self._first[1])

    def tick(self, work: int) -> None:
        self._done += work
        self._first = self._first or (time.perf_counter(), self._done)

    @property
    def seconds(self) -> float:
        return time.perf_counter() - self._start

    @property
    def fraction(self) -> float:
        return self._done / self._work

    @property
    def remaining(self) -> float | None:
        if self._done == self._work:
            return 0.0
        if self._first is None or self._done == self._first[1]:
            return None
        rate = (time.perf_counter() - self._first[0]) / (self._done - self._first[1])
        return rate * (self._work - self._done)


def _check(image: FloatImage, what: str) -> None:
    if image.ndim != 3 or image.shape[-1] != 3 or 0 in image.shape:
        raise ImageError(f"The {what} has the shape {image.shape}: (height, width, 3) is needed.")
    if not np.isfinite(image).all():
        raise ImageError(f"The {what} has NaN or infinite values: replace them first.")


def _shrunk(image: FloatImage, longest: int) -> FloatImage:
    """Return the image with its longest side at most `longest`; it is never enlarged."""
    return resize(image, fit(image.shape, min(longest, max(image.shape[:2]))))


def _tensor(image: FloatImage) -> tf.Tensor:
    """Return a batch of one; an image too small for the network is continued beyond its border."""
    missing = [max(0, _SMALLEST_SIDE - side) for side in image.shape[:2]]
    padded = np.pad(image, [(0, missing[0]), (0, missing[1]), (0, 0)], mode="symmetric")
    return tf.constant(padded[np.newaxis], tf.float32)


# Compiled objectives of the last runs: a warm run starts without tracing anything.
_objectives: OrderedDict[tuple[str, ...], Objective] = OrderedDict()
_KEPT = 3
_COMPILED_IN = (
    "optimizer",
    "content_layers",
    "style_layers",
    "style_loss",
    "loss_scale",
    "pooling",
    "padding",
    "beta_1",
    "beta_2",
    "epsilon",
    "averaging",
)


def _objective(
    weights: VGGWeights, key: str, settings: Settings, device: str, precision: str
) -> Objective:
    """Return the objective for these settings, the one of an earlier run if it is the same."""
    values = json.dumps([getattr(settings, name) for name in _COMPILED_IN])
    identity = (key, device, precision, values)
    if identity not in _objectives:
        content_layers = settings.content_layers or weights.content_layers
        for name in {**content_layers, **(settings.style_layers or weights.style_layers)}:
            if name not in weights.kernels:
                raise WeightsError(
                    f"{weights.title} has no layer {name}: choose other layers or other weights."
                )
        network = VGG19(
            weights, pooling=settings.pooling, padding=settings.padding, precision=precision
        )
        _objectives[identity] = Objective(network, settings)
        while len(_objectives) > _KEPT:
            _objectives.popitem(last=False)
    _objectives.move_to_end(identity)
    return _objectives[identity]
