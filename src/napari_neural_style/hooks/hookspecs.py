"""The hooks that an extension may implement, with `hookimpl` and any subset of the arguments.

An extension is a module or an object that a package names in the entry point group
``napari_neural_style``. The built-in networks, losses and presets use these hooks too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import pluggy

from napari_neural_style.hooks.specs import (
    ContentLossSpec,
    FeatureNetworkSpec,
    Preset,
    RunInfo,
    StyleLossSpec,
)

if TYPE_CHECKING:
    from napari_neural_style.progress import Notice, Progress

__all__ = ["PROJECT", "hookimpl"]

#: Name of the pluggy project and of the entry point group.
PROJECT = "napari_neural_style"

hookspec = pluggy.HookspecMarker(PROJECT)
#: Marks a function of an extension as implementing the hook of the same name.
hookimpl = pluggy.HookimplMarker(PROJECT)


@hookspec
def feature_networks() -> Sequence[FeatureNetworkSpec]:  # type: ignore[empty-body]
    """Return the feature networks that the extension brings.

    Called in the window's process and in the engine's, so it must not import TensorFlow.

    Returns
    -------
    list of FeatureNetworkSpec
        Their names and titles must be new.
    """


@hookspec
def style_losses() -> Sequence[StyleLossSpec]:  # type: ignore[empty-body]
    """Return the style statistics that the extension brings.

    Called in the window's process and in the engine's, so it must not import TensorFlow.

    Returns
    -------
    list of StyleLossSpec
        Their names must be new.
    """


@hookspec
def content_losses() -> Sequence[ContentLossSpec]:  # type: ignore[empty-body]
    """Return the content losses that the extension brings.

    Called in the window's process and in the engine's, so it must not import TensorFlow.

    Returns
    -------
    list of ContentLossSpec
        Their names must be new.
    """


@hookspec
def presets() -> Mapping[str, Preset]:  # type: ignore[empty-body]
    """Return the presets that the extension brings.

    Returns
    -------
    dict of str to Preset
        By name, which must be new. Values may name the extension's own networks and losses.
    """


@hookspec
def run_progressed(run: RunInfo, progress: Progress) -> None:
    """Observe a run: called with each preview, in the process and thread of the run's caller.

    An observer that raises is reported once and not called again; the run goes on.

    Parameters
    ----------
    run : RunInfo
    progress : Progress
        Losses, times and the picture so far, which must not be changed in place.
    """


@hookspec
def run_noticed(run: RunInfo, notice: Notice) -> None:
    """Observe a run: called with each notice to the user; otherwise as `run_progressed`.

    Parameters
    ----------
    run : RunInfo
    notice : Notice
    """


@hookspec
def run_state_changed(run: RunInfo, state: str) -> None:
    """Observe a run: called when it starts and whenever its state changes.

    Parameters
    ----------
    run : RunInfo
    state : {"queued", "running", "paused", "finished", "cancelled", "failed"}
    """
