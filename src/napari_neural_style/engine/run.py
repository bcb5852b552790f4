"""The whole algorithm, top to bottom: `stylize_steps`."""

from __future__ import annotations

import math
from collections.abc import Generator

import numpy as np
import tensorflow as tf

from napari_neural_style.control import Control
from napari_neural_style.engine.arithmetic import pick_precision
from napari_neural_style.engine.canvas import Canvas
from napari_neural_style.engine.check import check
from napari_neural_style.engine.clock import Clock
from napari_neural_style.engine.compiled import compiled_objective
from napari_neural_style.engine.device import describe_device, pick_device
from napari_neural_style.engine.helm import Helm
from napari_neural_style.engine.optimize import averaged
from napari_neural_style.engine.pyramid import learning_rate, schedule
from napari_neural_style.engine.resolve import find_network, fit_layers
from napari_neural_style.engine.scene import Scene
from napari_neural_style.engine.start import initial_image
from napari_neural_style.engine.targets import Dials, refreshed
from napari_neural_style.errors import EngineFailed
from napari_neural_style.hooks.specs import NetworkRequest
from napari_neural_style.job import Job
from napari_neural_style.progress import Notice, Progress

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
    check(job)
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
    # Never beyond the content's own size: there is nothing to gain there.
    size = min(settings.size, max(job.content.shape[:2]))
    with tf.device(device):
        anchored = job.anchor is not None and settings.temporal_weight > 0
        objective = compiled_objective(
            network,
            settings,
            device,
            anchored=anchored,
            guides=len(job.regions) if job.guided else 0,
        )
        dials = Dials.of(settings, size)
        losses = objective.no_losses()
    optimizer = objective.optimizer

    scales = schedule(size, settings.smallest_scale, settings.steps)
    clock = Clock(sum(scale.work for scale in scales))
    state = None
    step = 0
    caution = 1.0
    steering = Helm(job.steering, control)
    for scale in scales:
        canvas = Canvas.of(job.content, scale.size, margin=settings.padding == "edge")
        with tf.device(device):
            scene = Scene.of(job, canvas, scale.size, anchored=anchored)
            if state is None:
                start = canvas.stretched(initial_image(job, canvas.shape))
                state = optimizer.start(scene.kept(start))
            else:
                state = optimizer.resized(state, canvas.full_shape, scene.kept, scene.free)
            aims = objective.aims(scene.regions)
            targets = objective.targets(
                scene.content, state.image, aims, guides=scene.guides, anchors=scene.anchors
            )
        good, limit, fresh = state.image, math.inf, True
        for scale_step in range(1, scale.steps + 1):
            clock.pause(control.checkpoint())
            with tf.device(device):
                if changes := steering.changes(step):
                    settings = settings.replace(**changes)
                    dials, state = Dials.of(settings, size), optimizer.steered(state)
                    fresh = True
                rate = caution * learning_rate(settings, scale_step / scale.steps)
                dials = dials._replace(learning_rate=tf.constant(rate, tf.float32))
                state, losses, statistics = objective.step(state, targets, dials, losses)
                if objective.ages and (
                    scale_step <= _RESTLESS_STEPS or scale_step % _REFRESH_STEPS == 0
                ):
                    targets = targets._replace(style=refreshed(aims, statistics))
            step += 1
            clock.tick(scale.size**2)
            if fresh and settings.loss_scale == "relative":
                limit = max(_RUINED * float(losses["total"]), _RUINED_FLOOR)
            fresh = False
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
                    # Networks of extensions need not have it.
                    weights_sha256=str(getattr(network, "weights_sha256", "")),
                    steering=steering.taken,
                )
