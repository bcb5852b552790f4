"""What of the user's preferences the engine process has to know: environment variables.

They may also be set by hand, for scripts and for machines without napari's preferences.
"""

from __future__ import annotations

import os

__all__ = ["CACHE", "IDLE_MINUTES", "OFFLINE", "idle_seconds"]

#: Folder for downloaded weights; unset or empty, the cache that Keras uses.
CACHE = "NAPARI_NEURAL_STYLE_CACHE"
#: Not empty: never touch the network.
OFFLINE = "NAPARI_NEURAL_STYLE_OFFLINE"
#: After how many minutes without a run the engine process ends itself.
IDLE_MINUTES = "NAPARI_NEURAL_STYLE_IDLE_MINUTES"


def idle_seconds() -> float | None:
    """Return after how many idle seconds this engine process is to end; None for never."""
    try:
        seconds = 60.0 * float(os.environ.get(IDLE_MINUTES, "0"))
    except ValueError:
        return None
    return seconds if seconds > 0 else None
