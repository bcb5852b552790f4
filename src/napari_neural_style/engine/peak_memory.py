"""How much memory a piece of work takes at its peak."""

from __future__ import annotations

import sys
from pathlib import Path

import psutil
import tensorflow as tf

__all__ = ["PeakMemory"]

_PEAK_RESET = Path("/proc/self/clear_refs")


class PeakMemory:
    """Watches the memory of this process, or of a GPU, from when it is made.

    Parameters
    ----------
    device : str
        As `napari_neural_style.engine.device` picks it.
    """

    def __init__(self, device: str) -> None:
        self._gpu = None if device.startswith("/CPU") else device.removeprefix("/")
        if self._gpu:
            tf.config.experimental.reset_memory_stats(self._gpu)
        else:
            try:
                _PEAK_RESET.write_text("5")  # Linux: the peak is that from now on.
                self._from_now_on = True
            except OSError:
                self._from_now_on = False
        self._before = self._now()
        self._peak_before = self._peak()

    def added(self) -> int | None:
        """Return the bytes that were added at the peak; None where an earlier peak hides it."""
        peak = self._peak()
        if not self._gpu and not self._from_now_on and peak <= self._peak_before:
            return None
        return max(0, peak - self._before)

    def _now(self) -> int:
        if self._gpu:
            return int(tf.config.experimental.get_memory_info(self._gpu)["current"])
        return int(psutil.Process().memory_info().rss)

    def _peak(self) -> int:
        if self._gpu:
            return int(tf.config.experimental.get_memory_info(self._gpu)["peak"])
        if sys.platform == "win32":
            return int(psutil.Process().memory_info().peak_wset)
        if sys.platform == "linux":
            for line in Path("/proc/self/status").read_text().splitlines():
                if line.startswith("VmHWM"):
                    return int(line.split()[1]) * 1024
        import resource

        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return int(peak) if sys.platform == "darwin" else int(peak) * 1024
