"""What napari finds out for each viewer anew, though it is the same for all: found out once.

Each test has a viewer of its own; none of what is left out here can differ between two of them, or
is anything that a test of ours looks at.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache, partial
from types import FunctionType, MethodType, SimpleNamespace
from typing import Any

import pytest
from napari._qt.qt_main_window import _QtMainWindow
from napari._qt.widgets.qt_viewer_buttons import LayerCreationState, QtViewerPushButton
from napari._qt.widgets.qt_welcome import QtWelcomeWidget
from napari.settings import NapariSettings
from napari.utils.events.event import EmitterGroup, EventEmitter
from npe2 import PluginManifest
from vispy.visuals.shaders.function import Function

__all__ = ["found_out_once"]


@contextmanager
def found_out_once() -> Iterator[None]:
    """Within this, windows of napari open and close in two thirds of the time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(PluginManifest, "discover", _plugins(PluginManifest.discover))
        patch.setattr(EventEmitter, "_check_signature", _callbacks(EventEmitter._check_signature))
        patch.setattr(NapariSettings, "reset", _settings(NapariSettings.reset))
        patch.setattr(QtWelcomeWidget, "refresh", _welcome(QtWelcomeWidget.refresh))
        state = _states(QtViewerPushButton._change_selection_state)
        patch.setattr(QtViewerPushButton, "_change_selection_state", state)
        clean = lru_cache(maxsize=None)(partial(Function._clean_code, None))
        patch.setattr(Function, "_clean_code", lambda _, code: clean(code))
        # Each event of each widget comes by here, for the sake of a menu bar that can be hidden.
        patch.delattr(_QtMainWindow, "eventFilter")
        # For drivers of another system, whenever a layer is removed; the fixture does it besides.
        patch.setattr("napari._vispy.canvas.gc", SimpleNamespace(collect=lambda: 0))
        yield


def _plugins(discover: Callable[..., Any]) -> Callable[..., Any]:
    """All that is installed is searched for manifests."""
    known: dict[tuple[str, ...], list[Any]] = {}

    def remembered(paths: Sequence[Any] = ()) -> Iterator[Any]:
        path = *map(str, paths), *sys.path
        if path not in known:
            known[path] = list(discover(paths))
        return iter(known[path])

    return remembered


def _callbacks(check: Callable[[Any], bool]) -> Any:
    """How each of the thousand callbacks of a viewer can be called."""
    known: dict[Any, bool] = {}

    def remembered(callback: Any) -> bool:
        key = _signature_of(callback)
        if key is None:
            return check(callback)
        if key not in known:
            known[key] = check(callback)
        return known[key]

    return staticmethod(remembered)


def _signature_of(callback: Any) -> Any:
    """Return what is the same for callbacks that are called alike; None if that is not known."""
    if isinstance(callback, (EmitterGroup, EventEmitter)):
        return type(callback)
    if isinstance(callback, partial):
        inner = _signature_of(callback.func)
        return inner and (inner, len(callback.args), frozenset(callback.keywords))
    if not isinstance(callback, (FunctionType, MethodType)) or hasattr(callback, "__wrapped__"):
        return None
    return callback.__code__, isinstance(callback, MethodType)


def _settings(reset: Callable[[NapariSettings], None]) -> Callable[[NapariSettings], None]:
    """Before and after each viewer they are set to what they nearly always are already."""
    initial: list[Any] = []

    def changed(settings: NapariSettings) -> None:
        if not initial or settings.model_dump() != initial[0]:
            reset(settings)
            initial[:] = [settings.model_dump()]

    return changed


def _welcome(refresh: Callable[..., None]) -> Callable[..., None]:
    """The shortcuts on a screen that hides are written anew whenever one of them is bound."""

    def visible(welcome: QtWelcomeWidget, event: Any = None) -> None:
        if welcome.isVisible():
            refresh(welcome, event)

    return visible


def _states(change: Callable[..., None]) -> Callable[..., None]:
    """Whatever is selected, buttons are styled anew for a state that they mostly have already."""

    def changed(button: QtViewerPushButton, state: Any) -> None:
        if button.property("creation_state") != LayerCreationState(state).value:
            change(button, state)

    return changed
