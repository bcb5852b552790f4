"""Which arithmetic convolves fastest on this machine: measured once, and remembered."""

from __future__ import annotations

import contextlib
import json
import os
import platform
import statistics
import time
from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import numpy as np
import platformdirs
import tensorflow as tf

from napari_neural_style.engine.device import describe_device
from napari_neural_style.engine.winograd import Tilings, convolve, transformed

__all__ = ["pick_precision", "pick_winograd"]

#: bfloat16 must be at least this much faster to be worth its rounding ...
_WORTHWHILE = 1.15
#: ... and Winograd's algorithm to be worth its memory.
_WORTH_MEMORY = 1.05
#: What is timed: feature maps of as many channels, of as many pixels a side.
_MAPS = ((128, 64), (256, 32))
_REPEATS = 5


class _Arithmetic(NamedTuple):
    """What is fastest: `winograd` is that of float32."""

    precision: str
    winograd: bool


def pick_precision(wanted: str, device: str) -> str:
    """Return ``"float32"`` or ``"bfloat16"``.

    Parameters
    ----------
    wanted : str
        One of them, or ``"auto"`` for the faster one: convolutions and their gradients are timed
        once for each device (about a second on a laptop) and the answer is kept in the user's
        cache folder, so that the same machine always decides the same.
    device : str
        As `napari_neural_style.engine.device` picks it.
    """
    return _remembered(device).precision if wanted == "auto" else wanted


def pick_winograd(precision: str, device: str) -> bool:
    """Return whether wide convolutions are faster by Winograd's algorithm.

    On the CPU and in float32, that is: GPU libraries choose their algorithms themselves, and
    bfloat16 has no digits to spare.
    """
    return (
        precision == "float32" and device.startswith("/CPU") and bool(_remembered(device).winograd)
    )


@cache
def _remembered(device: str) -> _Arithmetic:
    file = platformdirs.user_cache_path("napari-neural-style") / "arithmetic.json"
    # What decides the speed: the processor (or GPU) and TensorFlow's kernels for it.
    machine = f"{platform.node()} {platform.machine()} {os.cpu_count()} {describe_device(device)}"
    key = f"{machine} TensorFlow {tf.__version__}"
    known = {}
    with contextlib.suppress(OSError, ValueError):
        read = json.loads(file.read_text())
        known = read if isinstance(read, dict) else {}
    with contextlib.suppress(KeyError, TypeError):
        found = _Arithmetic(**known[key])
        if found.precision in ("float32", "bfloat16"):
            return found
    fastest = _fastest(device)
    with contextlib.suppress(OSError):  # no cache folder: measured again next time
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps({**known, key: fastest._asdict()}, indent=1))
    return fastest


def _fastest(device: str) -> _Arithmetic:
    kinds = ["float32", "bfloat16"]
    if device.startswith("/CPU"):
        kinds.append("winograd")
    with tf.device(device):
        seconds = {
            kind: sum(_seconds(_convolution(kind, *shape)) for shape in _MAPS) for kind in kinds
        }
    # bfloat16 makes every convolution faster, not only wide ones: its rival is plain float32.
    return _Arithmetic(
        "bfloat16" if seconds["float32"] > _WORTHWHILE * seconds["bfloat16"] else "float32",
        seconds["float32"] > _WORTH_MEMORY * seconds.get("winograd", np.inf),
    )


def _convolution(kind: str, channels: int, pixels: int) -> Callable[[], object]:
    """Return a call that does what the network does most: one convolution and its gradient."""
    dtype = tf.bfloat16 if kind == "bfloat16" else tf.float32
    image = tf.ones([1, pixels, pixels, channels], dtype)
    kernel = np.ones([3, 3, channels, channels], np.float32)
    weights = tf.constant(transformed(kernel)) if kind == "winograd" else tf.constant(kernel, dtype)

    def gradient() -> tf.Tensor:
        with tf.GradientTape() as tape:
            tape.watch(image)
            if kind == "winograd":
                out = convolve(image, weights, Tilings(image), zero_padding=True)
            else:
                out = tf.nn.conv2d(image, weights, 1, "SAME")
        # Both are asked for: what nobody asks for is not computed.
        return tf.cast(tf.reduce_sum(out) + tf.reduce_sum(tape.gradient(out, image)), tf.float32)

    compiled = tf.function(gradient, autograph=False)
    return lambda: compiled().numpy()


def _seconds(run: Callable[[], object]) -> float:
    """Return how long a call takes once it is warm."""
    run()
    run()
    times = []
    for _ in range(_REPEATS):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return statistics.median(times)
