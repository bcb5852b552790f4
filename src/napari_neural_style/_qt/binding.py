"""What a widget listens to, for as long as there is a widget."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any
from weakref import WeakMethod

from qtpy.compat import isalive
from qtpy.QtCore import QObject

__all__ = ["Following", "when_destroyed"]


class Following:
    """A widget's connections to runs, queues, histories and layers.

    All of these outlive a dock that is closed, and it is an error to call a widget that Qt has
    deleted. So its connections end with it; and they keep no widget alive.

    Parameters
    ----------
    widget : QObject
        The one that listens, a widget or another object of Qt's.
    """

    def __init__(self, widget: QObject) -> None:
        self._connections: list[tuple[Any, Callable[..., None]]] = []
        when_destroyed(widget, partial(_disconnect, self._connections))

    def connect(self, signal: Any, slot: Callable[..., object]) -> None:
        """Call a method of the widget whenever a signal is emitted.

        Parameters
        ----------
        signal : psygnal.SignalInstance or napari.utils.events.EventEmitter
        slot : callable
            A bound method that takes all that the signal brings.
        """
        reference: WeakMethod[Any] = WeakMethod(slot)

        def call(*args: object) -> None:
            # It may be gone already: whoever hears the signal first may let Qt delete widgets.
            if (method := reference()) and isalive(method.__self__):  # type: ignore[no-untyped-call]
                method(*args)

        signal.connect(call)
        self._connections.append((signal, call))

    def clear(self) -> None:
        """End all connections."""
        _disconnect(self._connections)


#: What waits for Qt to delete a widget.
_waiting: set[Callable[..., None]] = set()


def when_destroyed(widget: QObject, call: Callable[[], object]) -> None:
    """Have something called when Qt deletes a widget.

    Held here until then: Python may collect the widget's own half long before, and with it whatever
    only that half holds; what Qt would still call is a segmentation fault.

    Parameters
    ----------
    widget : QObject
    call : callable
        Must not hold the widget.
    """

    def end(*_: object) -> None:
        _waiting.discard(end)
        call()

    _waiting.add(end)
    widget.destroyed.connect(end)


def _disconnect(connections: list[tuple[Any, Callable[..., None]]]) -> None:
    for signal, call in connections:
        signal.disconnect(call)
    connections.clear()
