"""The whole algorithm, top to bottom: `stylize_steps`."""

from __future__ import annotations

from collections.abc import Generator

import tensorflow as tf

from napari_neural_style.control import Control
from napari_neural_style.engine.arithmetic import pick_precision
from napari_neural_style.engine.clock import Clock
from napari_neural_style.engine.compiled import compiled_objective
from napari_neural_style.engine.device import describe_device, pick_device
from napari_neural_style.engine.initial_image import initial_image
from napari_neural_style.engine.iterates import averaged_iterate, resized_iterate
from napari_neural_style.engine.job_checks import check_job
from napari_neural_style.engine.loading import fit_layers, load_network
from napari_neural_style.engine.look_painting import paint_steps
from napari_neural_style.engine.margins import Margins
from napari_neural_style.engine.pyramid import learning_rate, schedule
from napari_neural_style.engine.recovery import Recovery
from napari_neural_style.engine.scale_inputs import ScaleInputs
from napari_neural_style.engine.steering import RunSteering
from napari_neural_style.engine.targets import Hyperparameters, refreshed
from napari_neural_style.hooks.specs import NetworkRequest
from napari_neural_style.job import Job
from napari_neural_style.progress import Notice, Progress

__all__ = ["stylize_steps"]

#: Style targets that age, as those of the Wasserstein loss, are refreshed every this many steps ...
_REFRESH_STEPS = 8
#: ... and after each of the first steps of a scale, which change the picture fast.
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
    with tf.device(device):
        objective = compiled_objective(network, settings, device, anchored=anchored, guides=guides)
        hyperparameters = Hyperparameters.of(settings, size)
        losses = objective.no_losses()
    optimizer = objective.optimizer

    scales = schedule(size, settings.smallest_scale, settings.steps)
    clock = Clock(sum(scale.work for scale in scales))
    steering = RunSteering(job.steering, control)
    recovery = Recovery(relative=settings.loss_scale == "relative")
    state, step = None, 0
    for scale in scales:
        margins = Margins.of(job.content, scale.size, wanted=settings.padding == "edge")
        with tf.device(device):
            inputs = ScaleInputs.of(job, margins, scale.size, anchored=anchored)
            if state is None:
                image = margins.pad(initial_image(job, margins.shape))
                state = optimizer.init(inputs.kept(image))
            else:
                image = resized_iterate(state, margins.padded_shape)
                state = optimizer.warm_start(state, inputs.kept(image), inputs.free)
            functions = objective.target_functions(inputs.regions)
            targets = objective.targets(
                inputs.content, state.image, functions, guides=inputs.guides, anchors=inputs.anchors
            )
        recovery.start_scale(state.image)
        for scale_step in range(1, scale.steps + 1):
            clock.pause(control.checkpoint())
            with tf.device(device):
                if changes := steering.changes(step):
                    settings = settings.replace(**changes)
                    hyperparameters = Hyperparameters.of(settings, size)
                    state = optimizer.steered(state)
                    recovery.loss_changed()
                rate = recovery.rate_factor * learning_rate(settings, scale_step / scale.steps)
                hyperparameters = hyperparameters._replace(learning_rate=tf.constant(rate))
                state, losses, statistics = objective.step(state, targets, hyperparameters, losses)
                if objective.targets_age and _refreshes_targets(scale_step):
                    targets = targets._replace(style=refreshed(functions, statistics))
            step += 1
            clock.tick(scale.size**2)
            recovery.see(losses["total"])
            if step == 1 or step % settings.update_every == 0 or step == settings.steps:
                if recovery.diverged(averaged_iterate(state), losses["total"], step):
                    yield Notice(
                        f"The picture began to fall apart at step {step}: it goes on from its "
                        f"last good state, with a smaller learning rate.",
                        important=True,
                    )
                    with tf.device(device):
                        state = optimizer.init(recovery.picture)
                yield Progress(
                    step=step,
                    total=settings.steps,
                    losses={name: float(loss) for name, loss in losses.items()},
                    seconds=clock.seconds,
                    remaining=clock.remaining,
                    fraction=clock.fraction,
                    image=margins.crop(recovery.picture),
                    features=network.title,
                    style_loss=objective.style_loss,
                    device=describe_device(device),
                    precision=precision,
                    weights_sha256=network.weights_sha256,
                    steering=steering.taken,
                )


def _refreshes_targets(scale_step: int) -> bool:
    """Whether style targets that age are made anew after this step of a scale."""
    return scale_step <= _RESTLESS_STEPS or scale_step % _REFRESH_STEPS == 0
