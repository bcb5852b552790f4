"""A run that is at work follows its mask as it is painted on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from psygnal import Signal
from qtpy.QtCore import QObject
from superqt.utils import qdebounced

from napari_neural_style._qt.binding import Following
from napari_neural_style.errors import NeuralStyleError, NothingToPaint
from napari_neural_style.running.style_run import StyleRun

__all__ = ["MaskFollowing"]

#: After a stroke of the brush, so long nothing must happen before the run is told.
_PAUSE_MILLISECONDS = 150
_EVENTS = ("data", "paint", "labels_update", "set_data")


class MaskFollowing(QObject):
    """Tells a run when its mask has changed, for as long as it is at work.

    Parameters
    ----------
    wanted : callable
        Whether the user wants it.
    parent : QObject

    Attributes
    ----------
    problem : psygnal.SignalInstance
        Emitted with an error when the run cannot take the mask as it is.
    """

    problem = Signal(object)

    def __init__(self, wanted: Callable[[], bool], parent: QObject) -> None:
        super().__init__(parent)
        self._wanted = wanted
        self._run: StyleRun | None = None
        self._following = Following(self)
        self._take_soon = qdebounced(self._take, timeout=_PAUSE_MILLISECONDS, parent=self)

    def follow(self, run: Any) -> None:
        """See to the mask of this run from now on, if it has one."""
        self._following.clear()
        self._take_soon.cancel()
        self._run = run if isinstance(run, StyleRun) else None
        mask = None if self._run is None else self._run.mask
        for name in _EVENTS:
            if mask is not None and name in mask.events:
                self._following.connect(getattr(mask.events, name), self._on_event)

    def _on_event(self, _: Any = None) -> None:
        self._take_soon()

    def _take(self) -> None:
        if self._run is None or not self._wanted():
            return
        try:
            self._run.take_mask()
        except NothingToPaint:
            pass  # It was wiped, to be painted anew: the run goes on with what there was.
        except NeuralStyleError as error:
            self.problem.emit(error)
