"""Arrays and settings that nobody would give on purpose, and whether what comes of them is sane."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["insane", "odd_image", "odd_settings", "told_of"]

_DTYPES = ("uint8", "uint16", "int8", "int16", "int32", "int64", "uint32", "float16", "float32")
_DTYPES += ("float64", "bool", "complex64", "object", "U3")
_SIZES = (0, 1, 2, 3, 16, 17, 24, 40)


def odd_image(rng: np.random.Generator) -> Any:
    """Return an array, or lists, of any type, shape and order in memory."""
    tall, wide = (int(size) for size in rng.choice(_SIZES[1:], 2))
    shape = [(tall, wide), (tall, wide, 3), (tall, wide, 4)][rng.integers(3)]
    if rng.random() < 0.15:
        shape = tuple(int(n) for n in rng.choice(_SIZES, rng.integers(0, 5)))
    dtype = "uint8" if rng.random() < 0.4 else str(rng.choice(_DTYPES))
    values = rng.random(shape) * float(rng.choice([1, 1, 1, 255, 65535, 1e30, -1]))
    with np.errstate(all="ignore"):
        if np.dtype(dtype).kind in "ui":
            image = (rng.random(shape) * np.iinfo(dtype).max).astype(dtype)
        else:
            image = np.asarray(values).astype(dtype)
    if rng.random() < 0.1 and image.size and image.dtype.kind == "f":
        image.flat[rng.integers(image.size)] = rng.choice([np.nan, np.inf, -np.inf])
    forms = (lambda a: a, lambda a: a[::-1], np.asfortranarray, lambda a: a.tolist())
    return forms[rng.choice(4, p=[0.7, 0.1, 0.1, 0.1])](image) if image.ndim else image


def odd_settings(rng: np.random.Generator) -> dict[str, Any]:
    """Return settings of which up to three are odd."""
    settings: dict[str, Any] = {"features": "builtin", "size": 24, "steps": 2, "update_every": 1}
    odd = {
        "steps": [0, 1, -1, 2.5, "many", None, np.int64(2), True, 10**12],
        "size": [0, 15, 16, 24, 1e9, float("nan"), "large", None],
        "style_strength": [0, 1, 0.5, -0.1, 1.1, float("nan"), "much", None],
        "learning_rate": [0, 1e-9, 1.0, 1e9, float("inf")],
        "seed": [-1, 0, 2**63, 1.5],
        "init": ["content", "noise", "style", "image", "nothing", np.zeros((4, 4, 3)), 3],
        "color": ["style", "content", "luminance", "red", None],
        "optimizer": ["adam", "lbfgs", "luck"],
        "precision": ["auto", "float32", "float8"],
        "weights": ["auto", "nowhere.h5", "", 3, "\0"],
        "style_layers": [{}, {"block1_conv1": 1}, {"block9": 1}, {"block1_conv1": -1}, "block1"],
        "preset": ["balanced", "none", "", None],
        "unheard_of": [1],
        "self": [1],
    }
    for name in rng.choice(list(odd), rng.integers(0, 4), replace=False):
        values = odd[name]
        settings[str(name)] = values[rng.integers(len(values))]
    return settings


def told_of(image: Any) -> str:
    """Return what kind of image it is."""
    array = np.asarray(image, dtype=object) if isinstance(image, list) else image
    kind = "list" if isinstance(image, list) else str(array.dtype)
    return f"{kind} of the shape {np.shape(array)}"


def insane(content: Any, picture: Any, told: str) -> str | None:
    """Return what is wrong with a picture."""
    content = np.asarray(content)
    if not isinstance(picture, np.ndarray) or picture.shape[:2] != content.shape[:2]:
        return f"a picture of the shape {np.shape(picture)} for {told}"
    if picture.dtype != (np.uint8 if content.dtype == bool else content.dtype):
        return f"a picture of {picture.dtype} for {told}"
    if picture.dtype.kind == "f" and not np.isfinite(picture).all():
        return f"a picture with holes for {told}"
    return None
