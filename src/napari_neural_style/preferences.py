"""The user's preferences, from napari's own Preferences dialog. Qt-free.

The manifest declares them (``configurations`` in ``napari.yaml``); napari shows and stores them.
The engine process gets them as environment variables, which scripts can set as well.
"""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass

__all__ = ["CACHE", "IDLE_MINUTES", "OFFLINE", "PYTHON"]
__all__ += ["Preferences", "idle_seconds", "preferences", "surroundings"]

#: Folder for downloaded weights; if unset or empty, the cache of Keras.
CACHE = "NAPARI_NEURAL_STYLE_CACHE"
#: If not empty, the network is never used.
OFFLINE = "NAPARI_NEURAL_STYLE_OFFLINE"
#: Minutes without a run after which the engine process ends itself.
IDLE_MINUTES = "NAPARI_NEURAL_STYLE_IDLE_MINUTES"
#: The Python that runs the engine process; for programs that bring none that could be started.
PYTHON = "NAPARI_NEURAL_STYLE_PYTHON"

_PLUGIN = "napari-neural-style"


@dataclass(frozen=True)
class Preferences:
    """The user's preferences, with the defaults of the manifest.

    Parameters
    ----------
    cache : str
        Folder for downloaded weights; empty for the cache of Keras.
    offline : bool
        Never use the network.
    features : str
        The feature network selected when the widget opens, as in `Settings.features`.
    idle_minutes : int
        Minutes without a run after which the engine process ends itself; 0 for never.
    """

    cache: str = ""
    offline: bool = False
    features: str = "vgg19"
    idle_minutes: int = 30


def preferences() -> Preferences:
    """Return the preferences, or the defaults if napari cannot provide them."""
    try:
        from napari.settings import get_plugin_settings

        kept = get_plugin_settings(_PLUGIN)
        return Preferences(
            cache=str(kept.weights.cache),
            offline=bool(kept.weights.offline),
            features=str(kept.painting.features),
            idle_minutes=int(kept.painting.idle_minutes),
        )
    except Exception:  # noqa: BLE001 (older napari, other releases' files: no reason not to paint)
        return Preferences()


def surroundings() -> dict[str, str]:
    """Return the engine process's variables: preferences first, but a set idle time wins."""
    wanted = preferences()
    cache = wanted.cache or os.environ.get(CACHE, "")
    with suppress(
        OSError
    ):  # Where the present folder was deleted, a path from there leads nowhere.
        cache = cache and os.path.abspath(os.path.expanduser(cache))
    return {
        CACHE: cache,
        OFFLINE: "1" if wanted.offline else os.environ.get(OFFLINE, ""),
        IDLE_MINUTES: os.environ.get(IDLE_MINUTES) or str(wanted.idle_minutes),
    }


def idle_seconds() -> float | None:
    """Return the idle seconds after which this engine process ends; None for never."""
    try:
        seconds = 60.0 * float(os.environ.get(IDLE_MINUTES, "0"))
    except ValueError:
        return None
    return seconds if seconds > 0 else None
