"""The whole algorithm, top to bottom: `stylize_steps`."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import numpy as np
import tensorflow as tf

from napari_neural_style.control import Control
from napari_neural_style.costs.measured import finish_seconds
from napari_neural_style.costs.model import padded
from napari_neural_style.engine.arithmetic import pick_precision
from napari_neural_style.engine.clock import Clock
from napari_neural_style.engine.device import describe_device, pick_device
from napari_neural_style.engine.finishing import finishing
from napari_neural_style.engine.initial_image import initial_image
from napari_neural_style.engine.iterates import (
    averaged_iterate,
    brought_back,
    cropped_state,
    kept_iterate,
    resized_iterate,
    shown_iterate,
)
from napari_neural_style.engine.job_checks import check_job
from napari_neural_style.engine.loading import fit_layers, load_network
from napari_neural_style.engine.look_painting import paint_steps
from napari_neural_style.engine.margins import Margins
from napari_neural_style.engine.recovery import Recovery
from napari_neural_style.engine.scale_inputs import ScaleInputs
from napari_neural_style.engine.scale_objective import Objectives, ScaleObjective
from napari_neural_style.engine.steering import RunSteering
from napari_neural_style.engine.tile_choice import TileChoice
from napari_neural_style.hooks.specs import NetworkRequest
from napari_neural_style.job import Begun, Job
from napari_neural_style.pictures.images import fit
from napari_neural_style.progress import Notice, Progress
from napari_neural_style.pyramid import learning_rate, schedule, still_to_do
from napari_neural_style.settings import Settings

__all__ = ["stylize_steps"]


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
    settings, control = job.settings, control or Control()
    if job.look:
        yield from paint_steps(job, control)
        return
    check_job(job)
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
    network = yield from load_network(settings.features, request)
    settings = yield from fit_layers(network, settings)
    # Never beyond the content's own size: there is nothing to gain there.
    size = min(settings.size, max(job.content.shape[:2]))
    anchored = job.anchor is not None and settings.temporal_weight > 0
    guides = len(job.regions) if job.guided else 0
    begun = job.begun or Begun(0, job.content)
    every = schedule(size, settings.smallest_scale, settings.steps)
    scales = still_to_do(every, begun.step)
    work = sum(scale.work for scale in every)
    left = sum((scale.steps - done) * scale.size**2 for scale, done in scales)
    finish = finish_seconds(padded(fit(job.content.shape, size), settings), settings)
    clock = Clock(work, work - left, begun.seconds, after=finish * len(job.regions))
    with tf.device(device):
        objectives = Objectives(
            network,
            settings,
            device,
            anchored=anchored,
            guides=guides,
            graded=job.graded,
            between=lambda: clock.pause(control.checkpoint()),
        )
        losses = objectives.whole.no_losses()
    tiles = TileChoice(job.settings, settings, network, device, objectives.margin)
    if settings.tile not in ("auto", 0) and objectives.obstacle:
        yield Notice(objectives.obstacle, important=True)
    tiles.check(job.content.shape, size)
    tiles.watch()

    steering = RunSteering(job.steering, control, begun.step)
    recovery = Recovery(relative=settings.loss_scale == "relative")
    state: Any = None
    step = begun.step
    margins: Margins | None = None
    for scale, done in scales:
        coarser = margins
        margins = Margins.of(job.content, scale.size, wanted=settings.padding == "edge")
        with tf.device(device):
            inputs = ScaleInputs.of(job, margins, scale.size, anchored=anchored)
            tiling = tiles.plan(margins.padded_shape)
            optimizer = objectives.optimizer(tiling)
            large = optimizer.in_place
            if coarser is None:
                pad = margins.padded if large else margins.pad
                image = pad(initial_image(job, margins.shape))
            else:
                state = cropped_state(state, coarser.before(margins))
                image = resized_iterate(state, margins.padded_shape, in_place=large)
            image = inputs.kept(image)
            objective = ScaleObjective(objectives, inputs, image, tiling)
            if state is None:
                state = optimizer.init(image)
            else:
                state = optimizer.warm_start(state, image, inputs.free)
            del image  # Of the largest pictures there is but one.
            hyperparameters = objectives.hyperparameters(settings, size, scale.size)
        recovery.start_scale(kept_iterate(state))
        warm = clock.seconds
        for scale_step in range(done + 1, scale.steps + 1):
            clock.pause(control.checkpoint())
            with tf.device(device):
                if changes := steering.changes(step):
                    settings = settings.replace(**changes)
                    hyperparameters = objectives.hyperparameters(settings, size, scale.size)
                    state = optimizer.steered(state)
                    recovery.loss_changed()
                if painted := control.take_guides():
                    job = job.guided_by(painted)
                    inputs = inputs.guided_by(job)
                    picture = inputs.kept(averaged_iterate(state))
                    objective.guided_by(inputs, picture)
                    state = optimizer.warm_start(state, picture, inputs.free)
                    recovery.start_scale(picture)
                rate = recovery.rate_factor * learning_rate(settings, scale_step / scale.steps)
                hyperparameters = hyperparameters._replace(learning_rate=tf.constant(rate))
                told = _is_told(step + 1, settings)
                # The losses of a step are those of the picture before it.
                good = kept_iterate(state) if told and not optimizer.in_place else None
                state, losses = objective.step(state, hyperparameters, losses)
            for text in objective.told:
                yield Notice(text, important=True)
            objective.told.clear()
            step += 1
            clock.tick(scale.size**2)
            if scale_step == done + 1:  # The first one may compile.
                warm = clock.seconds
            elif scale_step == scale.steps and scale.size == size:
                shape = margins.padded_shape
                steps = scale_step - done - 1
                tiles.learn(shape, objective.tiling, steps, clock.seconds - warm)
            recovery.see(losses["total"])
            if told:
                if optimizer.in_place:  # Its steps are short: one more does no harm.
                    good = kept_iterate(state)
                if recovery.diverged(good, losses["total"], step):
                    yield Notice(
                        f"The picture began to fall apart at step {step}: it goes on from its "
                        f"last good state, with a smaller learning rate.",
                        important=True,
                    )
                    with tf.device(device):
                        state = optimizer.init(brought_back(recovery.picture))
                good = None
                if step == settings.steps and settings.finish_steps:
                    picture = shown_iterate(state)[np.newaxis]
                    # Of the largest pictures there is no memory for more than the finish.
                    del state, objective
                    picture = yield from finishing(
                        picture, inputs, settings, device, clock, control
                    )
                    shown = picture[0, *margins.window]
                else:
                    shown = shown_iterate(state, margins.window)
                yield Progress(
                    step=step,
                    total=settings.steps,
                    losses={name: float(loss) for name, loss in losses.items()},
                    seconds=clock.seconds,
                    remaining=clock.remaining,
                    fraction=clock.fraction,
                    image=shown,
                    features=network.title,
                    style_loss=objectives.whole.style_loss,
                    device=describe_device(device),
                    precision=precision,
                    weights_sha256=network.weights_sha256,
                    steering=steering.taken,
                )
                del shown


def _is_told(step: int, settings: Settings) -> bool:
    """Whether the caller hears of a step."""
    return step == 1 or step % settings.update_every == 0 or step == settings.steps
