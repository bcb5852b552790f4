"""`Retouch`: strokes on a result that is there; each paints its spot anew. Qt-free."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt

from napari_neural_style.comparing.common_pixels import CommonPixels
from napari_neural_style.errors import EngineFailed, ImageError, NeuralStyleError
from napari_neural_style.histories.history import history
from napari_neural_style.job import Engine
from napari_neural_style.pictures.images import FloatImage
from napari_neural_style.process import engine_process
from napari_neural_style.progress import Progress
from napari_neural_style.records.records import KEY, record_of
from napari_neural_style.tasks.array_tasks import make_task
from napari_neural_style.tasks.request import Request
from napari_neural_style.viewing.layers import bare, find_layer, read_layer

if TYPE_CHECKING:
    from napari.components import ViewerModel
    from napari.layers import Image

__all__ = ["Retouch", "Stroke"]

#: Longest side, in painted pixels, of what is painted around a small stroke. Always the same, so
#: that the engine compiles once.
_SIDE = 256
#: From the stroke to the edge of that, in painted pixels at least: what the network sees around it.
_AROUND = 48
#: Width of the soft edge of a stroke, within it, in painted pixels.
_SOFT = 8
_STEPS, _UPDATE_EVERY = 16, 4
#: Adam moves every pixel from its first step on, where L-BFGS feels its way: after one step the
#: change in a stroke was ten times as large. Absolute losses have an optimiser that suits them.
_PACE = {"optimizer": "adam", "learning_rate": 0.05}
_NOTICE = "Painted over by hand in {} spots."


@dataclass(frozen=True)
class Stroke:
    """A spot that is to be painted anew.

    Parameters
    ----------
    rows, columns : slice
        The part of the result around it that is optimised.
    weight : ndarray of float32, shape (h, w)
        How much of the new painting shows in each pixel of that part, from 0 to 1.
    request : Request
        What the engine is asked.
    """

    rows: slice
    columns: slice
    weight: NDArray[np.float32]
    request: Request


class Retouch:
    """Paints spots of a finished result anew, and takes them back.

    Only the part around a stroke is optimised: from the picture that is there, with the statistics
    of the whole style, at the strength that is asked for; it is blended in with a soft edge.

    Parameters
    ----------
    viewer : napari.Viewer or napari.components.ViewerModel
    layer : napari.layers.Image or str
        The result: a flat one, of a content and one style that are still there.

    Raises
    ------
    ImageError
        If it cannot be painted on, in a sentence that says why.

    Examples
    --------
    >>> run = stylize_layers(viewer, "photo", "painting", features="builtin", size=64, steps=4)
    >>> retouch = Retouch(viewer, run.wait().layer)
    >>> before = run.layer.data
    >>> mask = np.zeros(before.shape[:2], bool)
    >>> mask[10:20, 10:20] = True
    >>> stroke = retouch.stroke(mask, strength=0.9)
    >>> for picture in retouch.paint(stroke):
    ...     retouch.apply(stroke, picture)
    >>> bool((run.layer.data == before).all()), retouch.undo()
    (False, True)
    >>> bool((run.layer.data == before).all())
    True
    """

    def __init__(self, viewer: ViewerModel, layer: Image | str) -> None:
        viewer = bare(viewer)
        self.layer: Image = bare(find_layer(viewer, layer, "result"))
        record, entry = record_of(self.layer), history(viewer).entry_of(self.layer)
        if record is None or entry is None:
            raise ImageError(f"{self.layer.name!r} is no result: choose one that was painted here.")
        if self.layer.ndim != 2 or not self.layer.rgb or self.layer.multiscale:
            raise ImageError("The brush works on flat results, not on stacks or pyramids.")
        self._settings = entry.settings
        content, style = entry.input("content"), entry.input("style")
        if content is None or style is None:
            raise ImageError(
                "The brush needs the content and the one style that this was painted from: open "
                "them again."
            )
        pixels = CommonPixels.of(viewer, self.layer)
        if pixels.base.shape[:2] != self.layer.data.shape[:2]:
            raise ImageError("Roll the axes back first: the brush works on pictures as they lie.")
        self._content: FloatImage = pixels.over(viewer, content)[..., :3]
        if record.get("inputs", {}).get("style_mask") is not None:
            raise ImageError("The brush takes the whole style: this was painted by parts of one.")
        image, placement = read_layer(viewer, style, "style")
        self._style = placement.as_style(image)
        self._before: list[tuple[Stroke, NDArray[Any]]] = []
        #: The strokes that others have painted, and the pixels as the last stroke here left them.
        self._earlier, self._left = _strokes_told(record), self.layer.data

    def __len__(self) -> int:
        """How many strokes can be taken back."""
        self._forget_if_painted_on()
        return len(self._before)

    def _forget_if_painted_on(self) -> None:
        """Forget the strokes once a run has gone on in the layer: it has none of them."""
        if self.layer.data is not self._left:
            self._before.clear()
            self._earlier, self._left = _strokes_told(record_of(self.layer) or {}), self.layer.data

    def stroke(self, mask: NDArray[Any], strength: float) -> Stroke:
        """Return what a stroke asks for; the result is read as it is now.

        Parameters
        ----------
        mask : ndarray, shape (H, W)
            Of the result's height and width; not 0 where it is to be painted anew.
        strength : float
            Style strength there, from 0 to 1.

        Raises
        ------
        ImageError
            If nothing is painted on the mask, or it is of another size.
        """
        data = self.layer.data
        mask = np.asarray(mask) != 0
        if mask.shape != data.shape[:2] or not mask.any():
            raise ImageError("Paint on the result: nothing is painted on it yet.")
        longest = max(mask.shape)
        # Painted pixels for one of the result.
        share = min(self._settings.size, longest) / longest
        rows = _around(np.flatnonzero(mask.any(axis=1)), mask.shape[0], share)
        columns = _around(np.flatnonzero(mask.any(axis=0)), mask.shape[1], share)
        inside = mask[rows, columns]
        # A pixel of the picture's own edge is no edge of the stroke.
        away = distance_transform_edt(np.pad(inside, 1, mode="edge"))[1:-1, 1:-1]
        weight = np.clip(away * share / _SOFT, 0, 1).astype(np.float32)
        side = max(16, round(max(inside.shape) * share))
        whole = round(longest * share)
        pace = _PACE if self._settings.loss_scale == "relative" else {}
        settings = self._settings.replace(
            **pace,
            style_strength=strength,
            size=side,
            steps=_STEPS,
            update_every=_UPDATE_EVERY,
            smallest_scale=0,
            # Strokes of the brush that painted the rest, though the picture is a part of it.
            style_scale=min(self._settings.style_scale * whole / side, 4.0),
            result_size="content",
            init="image",
        )
        request = Request(
            content=self._content[rows, columns],
            styles=self._style,
            settings=settings,
            init=data[rows, columns, :3],
        )
        return Stroke(rows, columns, weight, request)

    def paint(self, stroke: Stroke, engine: Engine | None = None) -> Generator[FloatImage]:
        """Paint a stroke; in any thread. If a run is at work, it waits for its end.

        Parameters
        ----------
        stroke : Stroke
        engine : Engine, optional
            By default the engine process that everything here shares.

        Yields
        ------
        ndarray of float32, shape (h, w, 3)
            What the part around the stroke looks like by now, to be handed to `apply`.

        Raises
        ------
        NeuralStyleError
            If it could not be painted: the reason.
        """
        task = make_task(stroke.request)
        engine = engine_process() if engine is None else engine
        try:
            for update in engine.stylize_steps(task.job):
                if isinstance(update, Progress):
                    yield task.finish(update.image)
        except NeuralStyleError:
            raise
        except Exception as error:
            raise EngineFailed(f"The stroke failed with {type(error).__name__}: {error}") from error

    def apply(self, stroke: Stroke, picture: FloatImage) -> None:
        """Blend what was painted into the result; on the thread that owns the viewer.

        Parameters
        ----------
        stroke : Stroke
        picture : ndarray of float32, shape (h, w, 3)
            What `paint` has yielded.
        """
        self._forget_if_painted_on()
        if not self._before or self._before[-1][0] is not stroke:
            before = self.layer.data[stroke.rows, stroke.columns].copy()
            self._before.append((stroke, before))
        before = self._before[-1][1]
        white = np.iinfo(before.dtype).max if before.dtype.kind in "ui" else 1.0
        part = before.copy()
        weight = stroke.weight[..., np.newaxis]
        blended = before[..., :3] * (1 - weight) + picture * white * weight
        blended = np.rint(blended) if before.dtype.kind in "ui" else blended
        part[..., :3] = np.where(weight > 0, blended, before[..., :3])
        self._put(stroke, part)

    def undo(self) -> bool:
        """Bring back the pixels that were there before the last stroke; whether there was one."""
        if not len(self):
            return False
        stroke, before = self._before.pop()
        self._put(stroke, before)
        return True

    def _put(self, stroke: Stroke, part: NDArray[Any]) -> None:
        data = self.layer.data.copy()  # others may hold the picture as it was
        data[stroke.rows, stroke.columns] = part
        self.layer.data = data
        self._left = self.layer.data
        record = self.layer.metadata.get(KEY)
        if isinstance(record, dict):
            told = [text for text in record.get("notices", []) if not _is_ours(text)]
            if strokes := self._earlier + len(self._before):
                told.append(_NOTICE.format(strokes))
            self.layer.metadata[KEY] = {**record, "notices": told}


def _is_ours(text: str) -> bool:
    start, end = _NOTICE.split("{}")
    return text.startswith(start) and text.endswith(end)


def _strokes_told(record: Mapping[str, Any]) -> int:
    """Return how many strokes a record tells of."""
    start, end = _NOTICE.split("{}")
    found = [text[len(start) : -len(end)] for text in record.get("notices", []) if _is_ours(text)]
    return sum(int(number) for number in found if number.isdecimal())


def _around(places: NDArray[np.intp], length: int, share: float) -> slice:
    """Return the part of an axis around some places: `_SIDE` long, or as long as it has to be."""
    first, last = int(places[0]), int(places[-1]) + 1
    wanted = max(round(_SIDE / share), last - first + 2 * round(_AROUND / share))
    wanted = min(wanted, length)
    start = min(max((first + last - wanted) // 2, 0), length - wanted)
    return slice(start, start + wanted)
