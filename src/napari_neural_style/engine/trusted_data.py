"""What a weights file may make this machine do: read its own bytes, and not many times as many.

HDF5 can have an array's values in any other file of the machine, by its path or by a link, and both
HDF5 and ZIP can make gigabytes of a few bytes.
"""

from __future__ import annotations

import math

import h5py

__all__ = ["LARGEST_FILE", "check_inflation", "check_own_data_only"]

#: A whole VGG19 with its classifier and the state of its optimiser has 1.7 GB.
LARGEST_FILE = 4_000_000_000
#: No array, and no part of an archive, may become larger than this ...
_LARGEST = 100_000_000
#: ... unless it has this share of that size in the file: values of a network hardly shrink.
_SHARE = 1 / 20


def check_inflation(name: str, size: int, stored: int) -> None:
    """Refuse what would become much larger than it is in the file.

    Parameters
    ----------
    name : str
        Of the array, or of the part of an archive.
    size, stored : int
        Its bytes in memory and in the file.

    Raises
    ------
    ValueError
        If it would.
    """
    if size > LARGEST_FILE or (size > _LARGEST and stored < _SHARE * size):
        raise ValueError(
            f"{name[:80]!r} would take {size / 1e6:,.0f} MB of memory, and has {stored / 1e6:,.1f} "
            f"MB in the file"
        )


def check_own_data_only(file: h5py.File) -> None:
    """Refuse an HDF5 file with arrays that lie elsewhere, or that would become much larger.

    Raises
    ------
    ValueError
        If it has external storage, a virtual dataset, a soft, external or other link, or more
        values than it has bytes for.
    """
    total = stored = 0

    def look(name: str, item: h5py.Group | h5py.Dataset) -> None:
        nonlocal total, stored
        if isinstance(item, h5py.Group):
            _check_links(item)
        elif isinstance(item, h5py.Dataset):
            _check_storage(name, item)
            if item.ndim in (1, 4):  # kernels and biases: nothing else is read
                total += item.size * item.dtype.itemsize
                stored += item.id.get_storage_size()

    _check_links(file)
    # It goes by hard links only, and to each object once.
    file.visititems(look)
    check_inflation("All of it", total, stored)


def _check_links(group: h5py.Group) -> None:
    for name in group:
        try:
            link = group.get(name, getlink=True)
        except TypeError:  # of a kind that somebody's own library follows
            link = None
        if not isinstance(link, h5py.HardLink):
            raise ValueError(f"{name[:80]!r} is a link to something else, and none is followed")


def _check_storage(name: str, item: h5py.Dataset) -> None:
    if item.external:
        raise ValueError(f"{name[:80]!r} has its values in another file, and none is opened")
    if item.is_virtual:
        raise ValueError(f"{name[:80]!r} is made of other files, and none is opened")
    if item.size is None:
        raise ValueError(f"{name[:80]!r} has no values")
    if item.ndim not in (1, 4):
        return
    size = item.size * item.dtype.itemsize
    check_inflation(name, size, item.id.get_storage_size())
    if item.chunks:  # of which there may be less than one, and still all of it is unpacked
        check_inflation(name, math.prod(item.chunks) * item.dtype.itemsize, size)
