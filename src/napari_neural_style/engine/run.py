"""The whole algorithm, top to bottom: `stylize_steps`."""

from __future__ import annotations

import math
from collections.abc import Generator

import numpy as np
import tensorflow as tf

from napari_neural_style.control import Control
from napari_neural_style.engine.canvas import Canvas, as_tensor
from napari_neural_style.engine.clock import Clock
from napari_neural_style.engine.compiled import compiled_objective
from napari_neural_style.engine.device import describe_device, pick_device, pick_precision
from napari_neural_style.engine.objective import Anchor, Dials, refreshed
from napari_neural_style.engine.optimize import averaged
from napari_neural_style.engine.pyramid import learning_rate, schedule
from napari_neural_style.engine.resolve import find_network, fit_layers
from napari_neural_style.engine.start import initial_image
from napari_neural_style.errors import EngineFailed, ImageError
from napari_neural_style.hooks.records import NetworkRequest
from napari_neural_style.images import FloatImage, fit, resize
from napari_neural_style.job import Job, Notice, Progress

__all__ = ["stylize_steps"]

#: The transport maps of the Wasserstein loss are refreshed every this many steps.
_REFRESH_STEPS = 8
#: A new scale changes the picture fast: after each of its first steps they are refreshed as well.
_RESTLESS_STEPS = 4
#: A run whose loss is this many times that at the start of its scale is falling apart.
_RUINED = 2.0
_RUINED_FLOOR = 0.02
#: It then goes on from its last good picture with this share of the learning rate.
_CAUTION = 0.25


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
    ImageError, SettingsError, WeightsError, ExtensionError
        If the job cannot be done as it is; before the first step.
    Cancelled
        If `control` says so; before the next step.
    EngineFailed
        If the optimisation leaves the range of numbers.
    """
    settings = job.settings
    control = control or Control()
    _check(job)
    device = pick_device(settings.device)
    with tf.device(device):
        precision = pick_precision(settings.precision, device)
    request = NetworkRequest(
        weights=settings.weights,
        pooling=settings.pooling,
        padding=settings.padding,
        precision=precision,
        device=device,
        exact=settings.loss_scale == "absolute",
        control=control,
    )
    network = yield from find_network(settings.features, request)
    settings = yield from fit_layers(network, settings)
    with tf.device(device):
        anchored = job.anchor is not None and settings.temporal_weight > 0
        objective = compiled_objective(network, settings, device, anchored=anchored)
        dials = Dials.of(settings)
        losses = objective.no_losses()
    optimizer = objective.optimizer

    # Never beyond the content's own size: there is nothing to gain there.
    size = min(settings.size, max(job.content.shape[:2]))
    scales = schedule(size, settings.smallest_scale, settings.steps)
    clock = Clock(sum(scale.work for scale in scales))
    state = None
    step = 0
    caution = 1.0
    for scale in scales:
        canvas = Canvas.of(job.content, scale.size, margin=settings.padding == "edge")
        with tf.device(device):
            content = canvas.stretched(resize(job.content, canvas.shape))
            if state is None:
                state = optimizer.start(canvas.stretched(initial_image(job, canvas.shape)))
            else:
                state = optimizer.resized(state, canvas.full_shape)
            aims = objective.aims(as_tensor(_shrunk(job.style, scale.size)))
            anchors = (_anchor(job, canvas),) if anchored else ()
            targets = objective.targets(content, state.image, aims, anchors)
        good, limit = state.image, math.inf
        for scale_step in range(1, scale.steps + 1):
            clock.pause(control.checkpoint())
            with tf.device(device):
                rate = caution * learning_rate(settings, scale_step / scale.steps)
                dials = dials._replace(learning_rate=tf.constant(rate, tf.float32))
                state, losses, statistics = objective.step(state, targets, dials, losses)
                if objective.ages and (
                    scale_step <= _RESTLESS_STEPS or scale_step % _REFRESH_STEPS == 0
                ):
                    targets = targets._replace(style=refreshed(aims, statistics))
            step += 1
            clock.tick(scale.size**2)
            if scale_step == 1 and settings.loss_scale == "relative":
                limit = max(_RUINED * float(losses["total"]), _RUINED_FLOOR)
            if step == 1 or step % settings.update_every == 0 or step == settings.steps:
                picture = averaged(state)
                if not float(losses["total"]) <= limit and math.isfinite(limit):
                    caution *= _CAUTION
                    yield Notice(
                        f"The picture began to fall apart at step {step}: it goes on from its "
                        f"last good state, with a smaller learning rate.",
                        important=True,
                    )
                    picture = good
                    with tf.device(device):
                        state = optimizer.start(good)
                elif not np.isfinite(losses["total"]):
                    raise EngineFailed(
                        f"The optimisation diverged at step {step}: choose a lower learning rate "
                        f"or smaller weights."
                    )
                good = picture
                yield Progress(
                    step=step,
                    total=settings.steps,
                    losses={name: float(loss) for name, loss in losses.items()},
                    seconds=clock.seconds,
                    remaining=clock.remaining,
                    fraction=clock.fraction,
                    image=canvas.picture(picture),
                    features=network.title,
                    style_loss=objective.style_loss,
                    device=describe_device(device),
                    precision=precision,
                )


def _check(job: Job) -> None:
    images = {
        "content": job.content,
        "style": job.style,
        "image to start from": job.init,
        "anchor": job.anchor,
    }
    for what, image in images.items():
        if image is None:
            continue
        if image.ndim != 3 or image.shape[-1] != 3 or 0 in image.shape:
            raise ImageError(
                f"The {what} has the shape {image.shape}: (height, width, 3) is needed."
            )
        if not np.isfinite(image).all():
            raise ImageError(f"The {what} has NaN or infinite values: replace them first.")
    weight = job.anchor_weight
    if weight is not None and (
        weight.ndim != 2 or 0 in weight.shape or not ((weight >= 0) & (weight <= 1)).all()
    ):
        raise ImageError(
            f"The anchor's weight has the shape {weight.shape}: (height, width) is needed, with "
            f"values between 0 and 1."
        )


def _anchor(job: Job, canvas: Canvas) -> Anchor:
    """Return the job's anchor at the size of the canvas."""
    assert job.anchor is not None
    weight = job.anchor_weight
    if weight is None:
        weight = np.ones(job.anchor.shape[:2], np.float32)
    sized = (resize(image, canvas.shape) for image in (job.anchor, weight[..., np.newaxis]))
    return Anchor(*map(canvas.stretched, sized))


def _shrunk(image: FloatImage, longest: int) -> FloatImage:
    """Return the image with its longest side at most `longest`; it is never enlarged."""
    return resize(image, fit(image.shape, min(longest, max(image.shape[:2]))))
