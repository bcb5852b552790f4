"""From what a user gives to learn from, results, runs or arrays, to pairs for the engine."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_neural_style.errors import ImageError, LookError, NeuralStyleError
from napari_neural_style.learn_job import Pair
from napari_neural_style.one_line import brief
from napari_neural_style.pictures.arrays import as_array
from napari_neural_style.pictures.images import FloatImage, fit, resize, to_rgb
from napari_neural_style.pictures.loading import loaded
from napari_neural_style.records.records import record_of, recorded_settings
from napari_neural_style.records.schema import checked_sliders
from napari_neural_style.running.stack_run import StackRun
from napari_neural_style.running.style_run import StyleRun
from napari_neural_style.tasks.layer_tasks import LayerTasks
from napari_neural_style.tasks.request import Request, is_layer
from napari_neural_style.viewing.planes import Sliders

if TYPE_CHECKING:
    from napari.components import ViewerModel
    from napari.layers import Layer

__all__ = ["Example", "examples"]

#: The features that compare need as many pixels, at half the size as well.
_SMALLEST = 64
#: Deviation in [0, 1] below which a result is flat.
_FLAT = 0.004
#: Of the slices of a stack, as many at most, evenly spread.
_MOST_SLICES = 8


@dataclass(frozen=True)
class Example:
    """A pair to learn from, and what is known of it.

    Parameters
    ----------
    pair : Pair
    record : dict
        That of the result; ``{}`` of a pair of arrays.
    name : str
        Of the result, to call the look by; "" of a pair of arrays.
    """

    pair: Pair
    record: dict[str, Any]
    name: str


def examples(source: Any, viewer: ViewerModel | None, size: int) -> list[Example]:
    """Return the pairs to learn from.

    Parameters
    ----------
    source : layer, run, pair or list of these
        As `napari_neural_style.learn` takes it.
    viewer : napari.Viewer or napari.components.ViewerModel or None
        Where the contents of result layers are.
    size : int
        The longest side of a pair of arrays in pixels; results are taken at the size at which they
        were painted, but for larger ones.

    Raises
    ------
    ImageError, LookError
        If there is nothing to learn from, in a sentence that says why.
    """
    found = [example for item in _items(source) for example in _of(item, viewer, size)]
    if not found:
        raise LookError("There is nothing to learn from: give a result, or a content and a result.")
    return found


def _items(source: Any) -> list[Any]:
    if isinstance(source, list):
        return source
    return [source]


def _of(item: Any, viewer: ViewerModel | None, size: int) -> Iterator[Example]:
    if isinstance(item, StyleRun):
        yield _of_run(item, size)
    elif isinstance(item, StackRun) or is_layer(item):
        layer = item.layer if isinstance(item, StackRun) else item
        if layer is None:
            raise LookError("The run has painted nothing yet: learn from it when it has.")
        yield from _of_layer(layer, item.viewer if isinstance(item, StackRun) else viewer, size)
    elif isinstance(item, tuple) and len(item) == 2:
        content, result = (to_rgb(as_array(i, w), w)[0] for i, w in zip(item, _PARTS, strict=True))
        yield Example(_pair(content, result, size), {}, "")
    else:
        raise LookError(
            f"There is nothing to learn from {brief(item)}: give a result layer, a run, or a pair "
            f"(content, result), or a list of these."
        )


_PARTS = ("content", "result")


def _of_run(run: StyleRun, size: int) -> Example:
    if run.progress is None:
        raise LookError("The run has painted nothing yet: learn from it when it has.")
    content, image = run.content(), run.progress.image
    record = {} if run.layer is None else dict(record_of(run.layer) or {})
    return Example(_pair(resize(content, image.shape[:2]), image, size), record, run.name)


def _of_layer(layer: Layer, viewer: ViewerModel | None, size: int) -> Iterator[Example]:
    record = record_of(layer)
    if record is None:
        raise LookError(
            f"{layer.name!r} carries no record of its content: give a pair of arrays, (content, "
            f"result), to learn from."
        )
    if viewer is None:
        raise LookError(
            f"Where is the content of {layer.name!r}? Give the viewer that has it: viewer=viewer."
        )
    try:
        painted = recorded_settings(record).size
        # What was painted where is all that matters: not in which style.
        request = Request.from_record(record).replace(
            styles=None, content_mask=None, style_mask=None, init=None
        )
        request = request.replace(settings=request.settings.replace(init="content"))
        inputs = record["inputs"]
        sliders = _sliders(viewer, inputs)
        tasks = LayerTasks.of(viewer, request, None, sliders)
        pixels = loaded(layer.data, f"layer {layer.name!r}")
        if request.slices == "all":
            slices = tasks.slices()
            there = [number for number in record.get("slices", ()) if number < len(slices)]
            chosen = np.unique(
                np.linspace(0, len(there) - 1, min(len(there), _MOST_SLICES)).round()
            )
            for number in (there[int(k)] for k in chosen):
                content, _ = slices.read(number)
                picture = pixels[slices.key(number)]
                yield _example(content, picture.reshape(picture.shape[-3:]), painted, size, layer)
            return
        content, _ = tasks.source.read_at(tasks.sliders, painted, tasks.window)
    except NeuralStyleError as error:
        raise LookError(
            f"The content of {layer.name!r} is not to be had, and there is no learning without it: "
            f"{error}"
        ) from error
    yield _example(content, pixels.reshape(pixels.shape[-3:]), painted, size, layer)


def _example(content: FloatImage, picture: Any, painted: int, size: int, layer: Layer) -> Example:
    result, _ = to_rgb(picture, "result")
    if result.shape != content.shape:
        content = resize(content, result.shape[:2])
    pair = _pair(content, result, min(painted, size))
    return Example(pair, dict(record_of(layer) or {}), layer.name)


def _sliders(viewer: ViewerModel, inputs: Any) -> Sliders:
    now = Sliders.of(viewer)
    if "sliders" not in inputs:
        return now
    told = checked_sliders(inputs["sliders"])
    before, after = told["margins"]
    return Sliders(
        tuple(told["point"]), (tuple(before), tuple(after)), tuple(told["order"]), 2, now.units
    )


def _pair(content: FloatImage, result: FloatImage, size: int) -> Pair:
    """Return a pair at the size that it is learnt at, once it is known that it can be."""
    if content.shape != result.shape:
        raise ImageError(
            f"The content has the shape {content.shape[:2]} and the result {result.shape[:2]}: a "
            f"pair must show the same place, pixel for pixel."
        )
    if size < max(content.shape):
        content, result = (resize(i, fit(i.shape, size)) for i in (content, result))
    if min(content.shape[:2]) < _SMALLEST:
        raise ImageError(
            f"A picture of {content.shape[1]} x {content.shape[0]} pixels is too small to learn a "
            f"look from: it takes {_SMALLEST} on each side."
        )
    if float(result.std(axis=(0, 1)).max()) < _FLAT:
        raise ImageError("The result is flat, one colour all over: there is no look to learn.")
    return Pair(np.ascontiguousarray(content), np.ascontiguousarray(result))
