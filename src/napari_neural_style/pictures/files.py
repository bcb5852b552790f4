"""Image files in and out: what everybody asks for, from the rooms beside this one."""

from __future__ import annotations

from napari_neural_style.pictures.reading import (
    NOT_READ,
    home_expanded,
    is_picture,
    read_image,
    shown_name,
)
from napari_neural_style.pictures.writing import check_size, check_writable, write_image

__all__ = [
    "NOT_READ",
    "check_size",
    "check_writable",
    "home_expanded",
    "is_picture",
    "read_image",
    "shown_name",
    "write_image",
]
