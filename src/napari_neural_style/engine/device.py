"""Which device and which arithmetic to compute with."""

from __future__ import annotations

import contextlib
import json
import os
import platform
import statistics
import time
from collections.abc import Callable
from functools import cache

import platformdirs
import tensorflow as tf

from napari_neural_style.errors import SettingsError

__all__ = ["describe_device", "pick_device", "pick_precision"]

#: bfloat16 must be at least this much faster to be worth its rounding.
_WORTHWHILE = 1.15


@cache
def _gpus() -> list[str]:
    """Return TensorFlow's names of the GPUs, which from now on take only the memory they need."""
    gpus = tf.config.list_physical_devices("GPU")
    for gpu in gpus:
        tf.config.experimental.set_memory_growth(gpu, True)
    return [f"/GPU:{index}" for index in range(len(gpus))]


def pick_device(wanted: str) -> str:
    """Return TensorFlow's name of the device to use.

    Parameters
    ----------
    wanted : str
        ``"auto"`` (the first GPU, or the CPU where there is none), ``"cpu"`` or ``"gpu:<n>"``.

    Raises
    ------
    SettingsError
        If TensorFlow does not see that GPU.
    """
    gpus = _gpus()
    if wanted == "auto":
        return gpus[0] if gpus else "/CPU:0"
    if wanted == "cpu":
        return "/CPU:0"
    name = wanted.replace("gpu", "/GPU")
    if name not in gpus:
        seen = f"there are {len(gpus)}, counted from gpu:0" if gpus else "there is none"
        raise SettingsError(
            f"TensorFlow does not see the device {wanted!r} ({seen}): choose 'auto' or 'cpu'; on "
            f'Linux, pip install -e ".[gpu]" in the clone brings the GPU libraries.'
        )
    return name


def describe_device(device: str) -> str:
    """Return the device in words for the user, such as ``"CPU"`` or ``"NVIDIA H200 (GPU 0)"``."""
    if device.startswith("/CPU"):
        return "CPU"
    index = int(device.rpartition(":")[2])
    details = tf.config.experimental.get_device_details(
        tf.config.list_physical_devices("GPU")[index]
    )
    return f"{details.get('device_name', 'GPU')} (GPU {index})"


def pick_precision(wanted: str, device: str) -> str:
    """Return ``"float32"`` or ``"bfloat16"``.

    Parameters
    ----------
    wanted : str
        One of them, or ``"auto"`` for the faster one: a convolution and its gradient are timed
        once for each device (about 0.2 s on a laptop) and the answer is kept in the user's cache
        folder, so that the same machine always decides the same.
    device : str
        As `pick_device` returns it.
    """
    return _remembered_precision(device) if wanted == "auto" else wanted


@cache
def _remembered_precision(device: str) -> str:
    file = platformdirs.user_cache_path("napari-neural-style") / "precision.json"
    # What decides the speed: the processor (or GPU) and TensorFlow's kernels for it.
    machine = f"{platform.node()} {platform.machine()} {os.cpu_count()} {describe_device(device)}"
    key = f"{machine} TensorFlow {tf.__version__}"
    try:
        known = json.loads(file.read_text())
        if known.get(key) in ("float32", "bfloat16"):
            return str(known[key])
    except (OSError, ValueError, AttributeError):
        known = {}
    precision = _faster_precision(device)
    with contextlib.suppress(OSError):  # no cache folder: measured again next time
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps({**known, key: precision}, indent=1))
    return precision


def _faster_precision(device: str) -> str:
    seconds = {}
    with tf.device(device):
        for dtype in (tf.float32, tf.bfloat16):
            run = _convolution(dtype)
            run()
            seconds[dtype] = statistics.median(_timed(run) for _ in range(5))
    faster = seconds[tf.float32] > _WORTHWHILE * seconds[tf.bfloat16]
    return "bfloat16" if faster else "float32"


def _convolution(dtype: tf.DType) -> Callable[[], object]:
    """Return a call that does what the network does most: one convolution and its gradient."""
    image = tf.ones([1, 64, 64, 128], dtype)
    kernel = tf.ones([3, 3, 128, 128], dtype)

    def gradient() -> tf.Tensor:
        with tf.GradientTape() as tape:
            tape.watch(image)
            out = tf.nn.conv2d(image, kernel, 1, "SAME")
        return tf.reduce_sum(tf.cast(tape.gradient(out, image), tf.float32))

    compiled = tf.function(gradient)
    return lambda: compiled().numpy()


def _timed(run: Callable[[], object]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start
