"""Results painted again, or continued, from what their records say. Qt-free."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_neural_style.api import layer_run
from napari_neural_style.errors import ImageError, NeuralStyleError
from napari_neural_style.job import Engine
from napari_neural_style.one_line import brief
from napari_neural_style.presets.catalogue import describe
from napari_neural_style.progress import Notice, Progress, Steering
from napari_neural_style.records.records import (
    read_record,
    record_of,
    recorded_settings,
    weights_left_out,
)
from napari_neural_style.records.schema import checked_record, checked_sliders
from napari_neural_style.running.queue import run_queue
from napari_neural_style.running.stack_run import StackRun
from napari_neural_style.running.style_run import StyleRun
from napari_neural_style.settings import Settings
from napari_neural_style.tasks.request import Request
from napari_neural_style.viewing.layers import named_layer
from napari_neural_style.viewing.planes import set_sliders

if TYPE_CHECKING:
    from napari.components import ViewerModel
    from napari.layers import Layer

__all__ = ["continue_result", "record_told", "reproduce", "run_from"]


def reproduce(
    viewer: ViewerModel,
    result: Layer | str | Path | Mapping[str, Any],
    *,
    name: str | None = None,
    engine: Engine | None = None,
) -> StyleRun | StackRun:
    """Paint a result again: the same layers, by their names, with the same settings.

    On the same machine's CPU the pixels are the same, as long as the layers are. Where something
    differs that the record knows of, an input or the weights, the run says so. A run that was
    steered or continued is steered and continued at the same steps; one that was cancelled is
    painted to its end. The viewer's sliders move to the slice that was painted.

    Parameters
    ----------
    viewer : napari.Viewer or napari.components.ViewerModel
        With the layers that the record names.
    result : napari.layers.Layer, str, Path or mapping
        The result layer or its name, a saved PNG or TIFF file, or the record itself.
    name : str, optional
        Name of the new result layer.
    engine : Engine, optional
        What does the work; by default the engine process that everything here shares.

    Returns
    -------
    StyleRun or StackRun
        As `napari_neural_style.stylize_layers` returns it.

    Raises
    ------
    ImageError, SettingsError
        If there is no record, a layer is missing, or an input was an array, which no record holds.

    Examples
    --------
    >>> again = reproduce(viewer, "photo in the style of painting", name="again")
    >>> again.wait().layer.name
    'again'
    """
    record = record_told(viewer, result)
    recorded_settings(record)  # says what is wrong with them
    run = run_from(viewer, record, engine, name=name)
    stages = [_Segment.of(stage) for stage in record.get("stages", ())]
    if isinstance(run, StyleRun) and stages:
        run.plan(stages[0].steering)
    run.start()
    _tell_of_weights(run, record)
    _compare(run, record)
    if isinstance(run, StyleRun):
        _continue(run, stages)
    if record["inputs"].get("mask_painted"):
        run.tell(
            Notice(
                "The picture will differ: its mask was painted on while it was at work, and only "
                "the mask as it is now is there.",
                important=True,
            )
        )
    if not _exact(run, stages):
        run.tell(
            Notice(
                "The picture will differ: it was cancelled and continued, or a stack was steered, "
                "and neither can be repeated exactly.",
                important=True,
            )
        )
    return run


def continue_result(
    viewer: ViewerModel,
    result: Layer | str,
    steps: int,
    *,
    name: str | None = None,
    engine: Engine | None = None,
) -> StyleRun | StackRun:
    """Go on with a result that was opened from a file, or from any layer with a record.

    The same layers, by their names, with the settings it ended with; it starts from the picture as
    it is, at its full size. A result that was painted here goes on better by
    `StyleRun.continue_for`, which knows more than the picture.

    Parameters
    ----------
    viewer : napari.Viewer or napari.components.ViewerModel
        With the layers that the record names.
    result : napari.layers.Layer or str
        The result layer or its name.
    steps : int
        How many more.
    name : str, optional
        Name of the new result layer.
    engine : Engine, optional
        What does the work; by default the engine process that everything here shares.

    Returns
    -------
    StyleRun or StackRun
        As `napari_neural_style.stylize_layers` returns it.

    Raises
    ------
    ImageError, SettingsError
        If there is no record, a layer is missing, or an input was an array, which no record holds.

    Examples
    --------
    >>> run = continue_result(viewer, "photo in the style of painting", 5)
    >>> run.wait().layer.name
    'photo in the style of painting, continued'
    """
    record = record_told(viewer, result)
    layer = named_layer(viewer, result, "result")
    settings = recorded_settings(record).replace(steps=steps, smallest_scale=0, init="image")
    run = run_from(
        viewer,
        record,
        engine,
        name=name or f"{layer.name}, continued",
        settings=settings,
        init=layer,
    )
    run.start()
    _tell_of_weights(run, record)
    return run


def run_from(
    viewer: ViewerModel, record: Mapping[str, Any], engine: Engine | None, **changes: Any
) -> StyleRun | StackRun:
    """Return a run of the layers that a record names, before it is started.

    Parameters
    ----------
    viewer : napari.Viewer or napari.components.ViewerModel
    record : mapping
        As `record_told` returns it.
    engine : Engine or None
    **changes
        Of the fields of its `Request`, as far as they are not None.

    Raises
    ------
    ImageError, SettingsError
        If that cannot be, in a sentence that says what.
    """
    request = Request.from_record(record)
    try:
        request = request.replace(**{k: v for k, v in changes.items() if v is not None})
        request = request.replace(settings=_as_it_ran(request.settings, record))
        inputs = record["inputs"]
        if "layers" in inputs and request.content == "view":
            _check_view(viewer, inputs)
        if "sliders" in inputs:
            set_sliders(viewer, checked_sliders(inputs["sliders"]))
        return layer_run(viewer, request, engine)
    except ImageError as error:
        raise ImageError(f"It cannot be painted again as it was: {error}") from error
    except (KeyError, TypeError, ValueError) as error:
        if isinstance(error, NeuralStyleError):
            raise
        raise ImageError(f"The record of the inputs is damaged ({error}).") from error


def _as_it_ran(settings: Settings, record: Mapping[str, Any]) -> Settings:
    """Return settings in which what was chosen by measuring, or by the machine, is no choice."""
    changes = {}
    if record.get("precision") in describe("precision")["choices"]:
        changes["precision"] = record["precision"]
    if settings.device == "auto" and str(record.get("device", "")).startswith("CPU"):
        changes["device"] = "cpu"
    return settings.replace(**changes)


@dataclass(frozen=True)
class _Segment:
    """A part of a run between two calls of `continue_for`, as its record has it."""

    step: int
    steps: int | None
    steering: Steering

    @classmethod
    def of(cls, stage: Mapping[str, Any]) -> _Segment:
        steering = tuple((step, dict(changes)) for step, changes in stage["steering"])
        return cls(stage["step"], stage["changes"].get("steps"), steering)


def _continue(run: StyleRun, stages: Sequence[_Segment]) -> None:
    """Continue a run, whenever it is finished, as often as the first one was."""
    left = list(stages[1:])
    if not left:
        return
    queue = run_queue(run.engine)

    def go_on() -> None:
        if not run.over:
            return
        if run.state != "finished" or not left:
            queue.changed.disconnect(go_on)
            return
        stage = left.pop(0)
        run.continue_for(stage.steps or stage.step, steering=stage.steering)

    # Not the run's own news: by then, the queue has taken note that its turn is over.
    queue.changed.connect(go_on)


def _exact(run: StyleRun | StackRun, stages: Sequence[_Segment]) -> bool:
    if isinstance(run, StackRun):
        return not any(stage.steering for stage in stages)
    planned = [run.settings.steps, *(stage.steps for stage in stages[1:])]
    ended = zip(stages[:-1], planned, strict=False)
    return all(stage.step == steps for stage, steps in ended)


def record_told(viewer: ViewerModel, result: Any) -> Mapping[str, Any]:
    """Return the record of a result: of a layer or its name, of a file, or the record itself.

    Raises
    ------
    ImageError
        If there is none.
    """
    record: Mapping[str, Any] | None
    if isinstance(result, Mapping):
        record = checked_record(result)
    elif isinstance(result, Path):
        record = read_record(result)
    else:
        record = record_of(named_layer(viewer, result, "result"))
    if record is None:
        what = result.name if hasattr(result, "name") else result
        raise ImageError(
            f"{brief(what)} carries no record of how it was painted: only results of this plugin "
            f"do, saved as PNG or TIFF."
        )
    return record


def _check_view(viewer: ViewerModel, inputs: Mapping[str, Any]) -> None:
    """See whether the images that were visible are there, visible still."""
    for name in inputs["layers"]:
        layer = named_layer(viewer, name, "visible")
        if not layer.visible:
            raise ImageError(f"the layer {name!r} was visible: show it (the eye in the list).")


def _tell_of_weights(run: StyleRun | StackRun, record: Mapping[str, Any]) -> None:
    if sentence := weights_left_out(record):
        run.tell(Notice(sentence, important=True))


def _compare(run: StyleRun | StackRun, record: Mapping[str, Any]) -> None:
    """See to it that the run tells what it does not have in common with the first."""
    before = record["inputs"].get("fingerprint")
    if before and before != run.inputs.get("fingerprint"):
        run.tell(
            Notice(
                "The picture will differ: a layer it is painted from has changed since.",
                important=True,
            )
        )
    weights = dict(record.get("weights") or {})

    def compare(progress: Progress) -> None:
        run.progressed.disconnect(compare)
        if weights.get("sha256") and progress.weights_sha256 != weights["sha256"]:
            run.tell(
                Notice(
                    f"The picture will differ: it was painted with other weights "
                    f"({weights.get('title')}).",
                    important=True,
                )
            )

    run.progressed.connect(compare)
