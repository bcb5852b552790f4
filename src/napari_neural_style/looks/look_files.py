"""Looks in files: safetensors, so that a stranger's file holds numbers and never a program."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, Field, ValidationError
from safetensors import SafetensorError
from safetensors.numpy import load, save

from napari_neural_style.errors import LookError
from napari_neural_style.file_faults import fault, remedy
from napari_neural_style.look_network import LookNetwork, Widths, parameter_shapes
from napari_neural_style.one_line import in_one_line
from napari_neural_style.pictures.files import shown_name
from napari_neural_style.plain_values import parsed, plain
from napari_neural_style.safe_files import whole_file

__all__ = ["LookParts", "read_look", "write_look"]

#: The version of the form; it grows when older programs could not paint with a newer file.
_VERSION = 1
#: No look is larger, in bytes: the usual one has 0.8 MB.
_LARGEST = 20_000_000
#: In the file's metadata: what it is, and what else there is to know, as JSON.
_FORM, _ABOUT = "napari-neural-style look", "about"
_THUMBNAIL = "thumbnail"
_LARGEST_THUMBNAIL = 512


@dataclass(frozen=True)
class LookParts:
    """What a file of a look holds; see `Look`."""

    network: LookNetwork
    record: dict[str, Any]
    thumbnail: NDArray[np.uint8]


class _Widths(BaseModel):
    outer: Annotated[int, Field(strict=True, ge=1, le=512)]
    inner: Annotated[int, Field(strict=True, ge=1, le=1024)]
    blocks: Annotated[int, Field(strict=True, ge=0, le=32)]


class _About(BaseModel):
    network: Literal["cells"]
    widths: _Widths
    record: dict[str, Any]


def write_look(path: Path, parts: LookParts) -> None:
    """Write a look, whole or not at all.

    Raises
    ------
    LookError
        If it cannot be written.
    """
    widths = parts.network.widths
    about = {
        "network": "cells",
        "widths": {"outer": widths.outer, "inner": widths.inner, "blocks": widths.blocks},
        "record": plain(parts.record),
    }
    arrays: dict[str, NDArray[Any]] = {
        name: np.ascontiguousarray(array)
        for name, array in parts.network.half_precision().parameters.items()
    }
    arrays[_THUMBNAIL] = np.ascontiguousarray(parts.thumbnail)
    metadata = {_FORM: str(_VERSION), _ABOUT: json.dumps(about, allow_nan=False)}
    try:
        with whole_file(path) as part:
            part.write_bytes(save(arrays, metadata))
    except OSError as error:
        raise LookError(
            f"The look cannot be saved as {shown_name(path)} ({fault(error)}): "
            f"{remedy(error, 'choose another place, or make room there')}."
        ) from error


def read_look(path: Path) -> LookParts:
    """Return what a file holds, once it is known to be a look.

    Raises
    ------
    LookError
        If it is none, or cannot be read.
    """
    shown = shown_name(path)
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST + 1)
    except OSError as error:
        raise LookError(
            f"The look {shown} cannot be read ({fault(error)}): check the path."
        ) from error
    if len(content) > _LARGEST:
        raise LookError(f"{shown} is no look: it has more than {_LARGEST // 10**6} MB.")
    metadata = _metadata(content)
    if _FORM not in metadata:
        raise LookError(
            f"{shown} is no look, or it is damaged: get it again from where it is from."
        )
    _check_version(metadata[_FORM], shown)
    try:
        about = _About.model_validate(parsed(metadata[_ABOUT]))
        arrays: dict[str, NDArray[Any]] = load(content)
        thumbnail = arrays.pop(_THUMBNAIL)
        if thumbnail.dtype != np.uint8 or thumbnail.shape[2:] != (3,):
            raise ValueError("its thumbnail is no picture")
        if max(thumbnail.shape) > _LARGEST_THUMBNAIL:
            raise ValueError("its thumbnail is too large")
        return LookParts(_network(about.widths, arrays), about.record, thumbnail)
    except (SafetensorError, ValidationError, ValueError, KeyError, TypeError) as error:
        reason = in_one_line(str(error).splitlines()[0] if str(error) else type(error).__name__)
        raise LookError(
            f"The look {shown} is damaged ({reason}): get it again from where it is from."
        ) from error


def _network(widths: _Widths, arrays: Mapping[str, NDArray[Any]]) -> LookNetwork:
    shape = Widths(widths.outer, widths.inner, widths.blocks)
    names = parameter_shapes(shape)
    if wrong := [name for name, array in arrays.items() if array.dtype != np.float16]:
        raise ValueError(f"{wrong[0]!r} is not float16")
    # In the order of the network; a file has them in its own.
    ordered = {name: arrays[name] for name in names if name in arrays}
    return LookNetwork(shape, {**ordered, **arrays})


def _metadata(content: bytes) -> dict[str, str]:
    """Return the metadata of a safetensors file; none if it is no such file.

    Eight bytes say how long the JSON is that follows.
    """
    length = int.from_bytes(content[:8], "little")
    if length > len(content) - 8:
        return {}
    try:
        header = parsed(content[8 : 8 + length].decode())
    except ValueError:
        return {}
    found = header.get("__metadata__") if isinstance(header, dict) else None
    return found if isinstance(found, dict) and all(map(_is_text, found.values())) else {}


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _check_version(text: str, shown: str) -> None:
    if not text.isdecimal():
        raise LookError(f"The look {shown} is damaged: get it again from where it is from.")
    if int(text) > _VERSION:
        raise LookError(
            f"The look {shown} was saved by a later version of napari-neural-style: update it."
        )
