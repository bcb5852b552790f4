"""`LiveLook`: a layer that stays the painting of another, whatever that shows. Qt-free."""

from __future__ import annotations

import queue
import threading
import time
import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal, Self, TypeAlias

from psygnal import Signal

from napari_neural_style.arithmetic_mode import usual_arithmetic
from napari_neural_style.errors import EngineFailed, NeuralStyleError
from napari_neural_style.job import Engine, Job
from napari_neural_style.progress import Progress
from napari_neural_style.running.flat_place import flat
from napari_neural_style.viewing.multiscale import finest
from napari_neural_style.viewing.placement import Placement

if TYPE_CHECKING:
    from napari.components import ViewerModel
    from napari.layers import Image

__all__ = ["LiveLook"]

_Queue: TypeAlias = "queue.SimpleQueue[Any]"

_POLL_SECONDS = 0.005
#: What of a layer changes its picture.
_EVENTS = ("data", "set_data", "contrast_limits", "gamma", "colormap", "projection_mode")
_SLIDERS = ("current_step", "order", "ndisplay")


class LiveLook:
    """A layer painted with a look that follows another layer.

    Made by `napari_neural_style.follow`. One picture is painted at a time; when it is done, the
    newest is painted next, and what was shown in between is left out. In a window this goes on by
    itself; on a bare viewer model, while `catch_up` is called.

    Parameters
    ----------
    viewer : napari.Viewer or napari.components.ViewerModel
    content : napari.layers.Image
        The layer that is followed.
    read : callable
        Returns the job of painting what it shows now, and where the result lies.
    engine : Engine
        What does the work.
    name : str
        Of the result layer.

    Attributes
    ----------
    layer : napari.layers.Image or None
        The painted layer; None before the first picture.
    state : {"following", "stopped"}
    reason : str
        Why it has stopped, in a sentence; "" while it follows.
    failed : bool
        Whether it has stopped for a reason that the user may not see: a shape that has changed, or
        an engine that has failed.
    problem : str
        Why what is shown now cannot be painted; "" if it can.
    frames : int
        How many pictures it has painted.
    painted : psygnal.SignalInstance
        Emitted with it after each picture.
    stopped : psygnal.SignalInstance
        Emitted with the reason.

    Examples
    --------
    >>> live = follow(viewer, "photo", "night.look", size=64)
    >>> live.catch_up().layer.name, live.frames
    ('photo, live in the style of night', 1)
    >>> live.stop()
    >>> live.state
    'stopped'
    """

    painted = Signal(object)
    stopped = Signal(str)

    def __init__(
        self,
        viewer: ViewerModel,
        content: Image,
        read: Callable[[], tuple[Job, Placement]],
        engine: Engine,
        name: str,
    ) -> None:
        self.viewer, self.content, self.name = viewer, content, name
        self.layer: Image | None = None
        self.state: Literal["following", "stopped"] = "following"
        self.reason = self.problem = ""
        self.failed = False
        self.frames = 0
        self._read = read
        self._shape = _shape(content)
        self._changed, self._busy = True, False
        self._fingerprint = ""
        self._jobs: _Queue = queue.SimpleQueue()
        self._done: _Queue = queue.SimpleQueue()
        for event in _EVENTS:
            getattr(content.events, event).connect(self._on_change)
        for event in _SLIDERS:
            getattr(viewer.dims.events, event).connect(self._on_change)
        viewer.layers.events.removed.connect(self._on_removed)
        # Ends the thread when it is stopped, or nobody has it any more.
        self._finish = weakref.finalize(self, _end, self._jobs, over := threading.Event())
        arguments = (self._jobs, self._done, over, engine)
        threading.Thread(
            target=_paint, args=arguments, name="neural-style-live", daemon=True
        ).start()

    def __repr__(self) -> str:
        return f"<LiveLook {self.name!r}: {self.state}, {self.frames} frames>"

    @property
    def up_to_date(self) -> bool:
        """Whether what the layer shows is painted, and nothing is on its way."""
        return not (self._changed or self._busy)

    def stop(self) -> None:
        """Follow no more; the layer stays as it is."""
        self._stop("It was stopped.")

    def _stop(self, reason: str, error: bool = False) -> None:
        if self.state == "stopped":
            return
        self.state, self.reason, self.failed = "stopped", reason, error
        self._changed = self._busy = False
        self._finish()
        for event in _EVENTS:
            getattr(self.content.events, event).disconnect(self._on_change)
        for event in _SLIDERS:
            getattr(self.viewer.dims.events, event).disconnect(self._on_change)
        self.viewer.layers.events.removed.disconnect(self._on_removed)
        self.stopped.emit(reason)

    def catch_up(self, timeout: float | None = None) -> Self:
        """Wait until what the layer shows is painted; in the thread that owns the viewer.

        Parameters
        ----------
        timeout : float, optional
            Seconds to wait at most.

        Returns
        -------
        LiveLook
            This.

        Raises
        ------
        TimeoutError
            If it takes longer; it goes on.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        while not self.up_to_date:
            if not self.pump():
                time.sleep(_POLL_SECONDS)
            if deadline is not None and time.monotonic() > deadline:
                raise TimeoutError(f"{self!r} has not caught up after {timeout} seconds.")
        return self

    @usual_arithmetic
    def pump(self) -> bool:
        """Show what is painted and begin with what is new; in the thread that owns the viewer.

        Returns
        -------
        bool
            Whether there was anything to do.
        """
        did = False
        if self.state == "following" and not self._done.empty():
            self._show(self._done.get())
            did = True
        if self.state == "following" and self._changed and not self._busy:
            self._begin()
            did = True
        return did

    def _on_change(self, _: object = None) -> None:
        # Whichever thread it is in: the rest is for the viewer's own.
        self._changed = True

    def _on_removed(self, event: Any) -> None:
        for layer, role in ((self.content, "followed"), (self.layer, "painted")):
            if layer is not None and event.value is layer:
                self._stop(f"The {role} layer {layer.name!r} was removed.")

    def _begin(self) -> None:
        if (shape := _shape(self.content)) != self._shape:
            self._stop(
                f"The layer {self.content.name!r} has changed its shape from {self._shape[0]} to "
                f"{shape[0]}: follow it anew.",
                error=True,
            )
            return
        self._changed = False
        try:
            job, placement = self._read()
        except NeuralStyleError as error:
            self.problem = str(error)
            return
        self.problem = ""
        fingerprint = f"{job.fingerprint()} {placement.transforms}"
        if fingerprint == self._fingerprint:
            return  # Several events tell of one change.
        self._fingerprint, self._busy = fingerprint, True
        self._jobs.put((job, placement))

    def _show(self, item: Any) -> None:
        self._busy = False
        if isinstance(item, NeuralStyleError):
            self._stop(str(item), error=True)
            return
        pixels, place = item
        if self.layer is None:
            from napari.layers import Image

            self.layer = Image(pixels, rgb=True, name=self.name, **place)
            self.viewer.add_layer(self.layer)
        else:
            if self.layer.data.shape != pixels.shape:
                self._stop(f"The layer {self.layer.name!r} was changed: follow anew.", error=True)
                return
            self.layer.data = pixels
            for name, value in place.items():
                if name in ("translate", "affine", "scale"):
                    setattr(self.layer, name, value)
        self.frames += 1
        self.painted.emit(self)


def _paint(jobs: _Queue, done: _Queue, over: threading.Event, engine: Engine) -> None:
    """Paint what is asked for, in a thread of its own, which holds neither layers nor viewer."""
    while (asked := jobs.get()) is not None:
        job, placement = asked
        try:
            image = None
            for update in engine.stylize_steps(job):
                if isinstance(update, Progress):
                    image = update.image
                if over.is_set():
                    return
            assert image is not None  # the engine ends with a Progress or raises
            done.put(flat(placement, placement.picture(image)))
        except NeuralStyleError as error:
            done.put(error)
        except Exception as error:  # noqa: BLE001 (a thread has nobody else to tell)
            done.put(EngineFailed(f"Painting failed with {type(error).__name__}: {error}"))


def _end(jobs: _Queue, over: threading.Event) -> None:
    over.set()
    jobs.put(None)


def _shape(layer: Image) -> tuple[tuple[int, ...], bool]:
    return tuple(finest(layer).shape), bool(layer.rgb)
