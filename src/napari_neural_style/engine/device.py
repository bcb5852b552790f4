"""Which device to compute with."""

from __future__ import annotations

from functools import cache

import tensorflow as tf

from napari_neural_style.errors import SettingsError

__all__ = ["describe_device", "pick_device"]


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
            f'Linux, pip install "napari-neural-style[gpu]" brings the GPU libraries.'
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
