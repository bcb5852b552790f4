"""The things themselves behind the proxies that napari hands to plugins."""

from __future__ import annotations

from typing import TypeVar

__all__ = ["bare"]

_Thing = TypeVar("_Thing")


def bare(thing: _Thing) -> _Thing:
    """Return a viewer or a layer itself, given it or a proxy of it.

    A proxy is equal to what it stands for, but it is another object, made anew at every access:
    nothing can be told by its identity, and a weak reference to it ends at once.
    """
    return getattr(thing, "__wrapped__", thing)
