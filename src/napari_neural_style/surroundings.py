"""What of the user's preferences the engine process has to know: environment variables.

They may also be set by hand, for scripts and machines without napari's preferences.
"""

from __future__ import annotations

__all__ = ["CACHE", "OFFLINE"]

#: Folder for downloaded weights; unset or empty, the cache that Keras uses.
CACHE = "NAPARI_NEURAL_STYLE_CACHE"
#: Not empty: never touch the network.
OFFLINE = "NAPARI_NEURAL_STYLE_OFFLINE"
