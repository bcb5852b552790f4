"""Opening pictures: files that are dropped or chosen, samples, and layers that are dragged here."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari.layers import Image
from qtpy.QtCore import QMimeData

from napari_neural_style.errors import ImageError
from napari_neural_style.one_line import reason
from napari_neural_style.sample_data import PAIRS, SAMPLES, beside
from napari_neural_style.viewing.showing import set_visible

if TYPE_CHECKING:
    import napari

__all__ = ["PLUGIN", "dropped_layers", "open_files", "open_sample"]
__all__ += ["sample_of", "show_beside"]

PLUGIN = "napari-neural-style"


def open_files(viewer: napari.viewer.Viewer, paths: list[str]) -> list[Image]:
    """Open files as napari does, and return the image layers that came of it.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
    paths : list of str

    Raises
    ------
    ImageError
        If napari cannot read one of them.
    """
    found: list[Any] = []
    for path in paths:
        try:
            found += viewer.open(path)
        except Exception as error:
            raise ImageError(f"{Path(path).name!r} cannot be opened: {reason(error)}.") from error
    images = [layer for layer in found if isinstance(layer, Image)]
    if not images:
        raise ImageError("There is no picture in what was opened: choose an image file.")
    return images


def open_sample(viewer: napari.viewer.Viewer, key: str) -> list[Image]:
    """Return the layers of a sample; it is opened if it is not there yet.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
    key : str
        In `napari_neural_style.sample_data`.
    """
    there = [
        layer
        for layer in viewer.layers
        if isinstance(layer, Image)
        and (layer.source.sample == (PLUGIN, key) or sample_of(layer) == key)
    ]
    return there or list(viewer.open_sample(PLUGIN, key))


def sample_of(layer: Image) -> str:
    """Return the key of the sample that a layer is, also if it has come with a pair; else ""."""
    plugin, key = layer.source.sample or ("", "")
    if plugin != PLUGIN:
        return ""
    return next((one for one in PAIRS.get(key, ()) if SAMPLES[one].title == layer.name), key)


def show_beside(style: Image, content: Any) -> None:
    """Lay a style that has just come to the right of the content, equally high, and hide it.

    It is seen in the dock; on the canvas it would lie over the content.
    """
    if not isinstance(content, Image) or content is style:
        return
    plain = content.rgb and content.ndim == style.ndim == 2 and not content.multiscale
    if plain and not style.multiscale:
        for name, value in beside(content.data, style.data).items():
            setattr(style, name, value)
    set_visible(style, False)


def dropped_layers(viewer: napari.viewer.Viewer, mime: QMimeData | None) -> list[Image]:
    """Return the image layers that are dragged from napari's layer list."""
    items = getattr(mime, "items", ())
    return [layer for layer in items if isinstance(layer, Image) and layer in viewer.layers]
