"""What napari finds out for each viewer anew, though it is the same for all: found out once.

Each test has a viewer of its own; none of what is left out here can differ between two of them, or
is anything that a test of ours looks at. Another napari may name these places otherwise: they are
left as they are then, and windows open more slowly.
"""

from __future__ import annotations

import pkgutil
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache, partial
from types import FunctionType, MethodType, SimpleNamespace
from typing import Any

import pytest

__all__ = ["found_out_once"]


@contextmanager
def found_out_once() -> Iterator[None]:
    """Within this, windows of napari open and close in two thirds of the time."""
    with pytest.MonkeyPatch.context() as patch:
        for place, quick in _PLACES.items():
            holder, _, name = place.rpartition(".")
            try:
                owner, usual = (pkgutil.resolve_name(path) for path in (holder, place))
            except (ImportError, AttributeError):
                continue
            if quick is None:
                patch.delattr(owner, name)
            else:
                patch.setattr(owner, name, quick(usual))
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
    if type(callback).__name__ in ("EmitterGroup", "EventEmitter"):
        return type(callback)
    if isinstance(callback, partial):
        inner = _signature_of(callback.func)
        return inner and (inner, len(callback.args), frozenset(callback.keywords))
    if not isinstance(callback, (FunctionType, MethodType)) or hasattr(callback, "__wrapped__"):
        return None
    return callback.__code__, isinstance(callback, MethodType)


def _settings(reset: Callable[[Any], None]) -> Callable[[Any], None]:
    """Before and after each viewer they are set to what they nearly always are already."""
    initial: list[Any] = []

    def changed(settings: Any) -> None:
        if not initial or settings.model_dump() != initial[0]:
            reset(settings)
            initial[:] = [settings.model_dump()]

    return changed


def _welcome(refresh: Callable[..., None]) -> Callable[..., None]:
    """The shortcuts on a screen that hides are written anew whenever one of them is bound."""

    def visible(welcome: Any, event: Any = None) -> None:
        if welcome.isVisible():
            refresh(welcome, event)

    return visible


def _states(change: Callable[..., None]) -> Callable[..., None]:
    """Whatever is selected, buttons are styled anew for a state that they mostly have already."""

    def changed(button: Any, state: Any) -> None:
        if button.property("creation_state") != state:
            change(button, state)

    return changed


def _shaders(clean: Callable[[Any, str], str]) -> Callable[[Any, str], str]:
    """The same lines of code for each layer."""
    once = lru_cache(maxsize=None)(partial(clean, None))
    return lambda _, code: once(code)


def _no_collection(_: Any) -> Any:
    """For drivers of another system, whenever a layer is removed; the fixture does it besides."""
    return SimpleNamespace(collect=lambda: 0)


_PLACES: dict[str, Callable[[Any], Any] | None] = {
    "npe2.PluginManifest.discover": _plugins,
    "napari.utils.events.event.EventEmitter._check_signature": _callbacks,
    "napari.settings.NapariSettings.reset": _settings,
    "napari._qt.widgets.qt_welcome.QtWelcomeWidget.refresh": _welcome,
    "napari._qt.widgets.qt_viewer_buttons.QtViewerPushButton._change_selection_state": _states,
    "vispy.visuals.shaders.function.Function._clean_code": _shaders,
    # Each event of each widget comes by here, for the sake of a menu bar that can be hidden.
    "napari._qt.qt_main_window._QtMainWindow.eventFilter": None,
    "napari._vispy.canvas.gc": _no_collection,
}
