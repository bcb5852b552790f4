"""Changing what a viewer shows, although napari may not be able to read it. Qt-free.

napari reads at once what it is told to show, and raises whatever the data of a lazy layer raise.
That must not end what we are at: a list that is half restored, a click in a dock. A run that needs
the same pixels tells it in a sentence.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from napari_neural_style.one_line import in_one_line, reason

if TYPE_CHECKING:
    from napari.layers import Layer

__all__ = ["napari_reads", "set_visible"]

_log = logging.getLogger("napari_neural_style")


@contextmanager
def napari_reads(what: str) -> Iterator[None]:
    """Log what napari cannot read while the body changes what is shown, and go on after it.

    Parameters
    ----------
    what : str
        What it shows, for the log.
    """
    try:
        yield
    except Exception as error:  # noqa: BLE001 (anybody's chunks)
        _log.warning("napari cannot show %s: %s.", what, reason(error))


def set_visible(layer: Layer, visible: bool) -> None:
    """Show or hide a layer, whether or not napari can read it.

    Parameters
    ----------
    layer : napari.layers.Layer
    visible : bool
    """
    with napari_reads(f"the layer {in_one_line(layer.name)!r}"):
        layer.visible = visible
