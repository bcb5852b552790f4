"""`Comparison`: results side by side, before and after, or their difference. Qt-free."""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray
from psygnal import Signal

from napari_neural_style.comparing.layouts import Difference, Grid, Layout, Swipe
from napari_neural_style.errors import ImageError
from napari_neural_style.histories.history import history
from napari_neural_style.pictures.contact_sheet import contact_sheet
from napari_neural_style.pictures.files import check_writable, write_image
from napari_neural_style.records.records import record_of
from napari_neural_style.viewing.layers import bare, find_layer

if TYPE_CHECKING:
    from napari.components import ViewerModel
    from napari.layers import Image

__all__ = ["Comparison"]


class Comparison:
    """Results compared side by side, in a view of their own: the viewer's layers stay as they are.

    In a window the dock Compare draws them; without one, `pictures` has them all the same. They
    follow the sliders and runs in progress. A viewer has one comparison at a time: showing another
    ends the one before.

    Parameters
    ----------
    viewer : napari.Viewer or napari.components.ViewerModel
    results : sequence of napari.layers.Image or str, optional
        Layers or their names; by default all results.
    content, style : napari.layers.Image or str, optional
        By default those that the first result was made from, if they still exist.

    Attributes
    ----------
    results : list of napari.layers.Image
    content, style : napari.layers.Image or None
    columns : int or None
        How many the grid shall have; None for as many as make the pictures largest.
    mode_changed : psygnal.SignalInstance
        Emitted with "off", "grid", "swipe" or "difference".
    redrawn : psygnal.SignalInstance
        Emitted when `pictures` are others.

    Raises
    ------
    ImageError
        If there is no result, or no layer with a given name.

    Examples
    --------
    >>> comparison = Comparison(viewer)
    >>> comparison.grid()
    >>> comparison.mode
    'grid'
    >>> comparison.save("compared.png")
    >>> comparison.off()
    """

    mode_changed = Signal(str)
    redrawn = Signal()

    def __init__(
        self,
        viewer: ViewerModel,
        results: Sequence[Image | str] | None = None,
        content: Image | str | None = None,
        style: Image | str | None = None,
    ) -> None:
        viewer = bare(viewer)
        # Weakly: the viewer's events hold this comparison as long as the viewer lives.
        self._viewer_reference = weakref.ref(viewer)
        if results is None:
            results = [layer for layer in viewer.layers if record_of(layer) is not None]
        self.results: list[Image] = [bare(find_layer(viewer, r, "result")) for r in results]
        if not self.results:
            raise ImageError("There is no result to compare: paint one, or open a saved one.")
        self.content = self._input("content", content)
        self.style = self._input("style", style)
        self.columns: int | None = None
        self._layout: Layout | None = None
        self._inputs = True  # whether the grid shows them

    def __repr__(self) -> str:
        return f"<Comparison of {len(self.results)} results: {self.mode}>"

    @property
    def mode(self) -> Literal["off", "grid", "swipe", "difference"]:
        """What is shown: "off", "grid", "swipe" or "difference"."""
        return self._layout.mode if self._layout else "off"

    @property
    def pictures(self) -> list[tuple[NDArray[np.float32], str]]:
        """What is shown: RGBA in [0, 1], of shape (H, W, 4), and the caption of each."""
        return self._layout.pictures() if self._layout else []

    @property
    def to_canvas(self) -> NDArray[np.float64]:
        """The matrix from a pixel (row, column, 1) of the pictures to its place (y, x, 1)."""
        return self._layout.pixels.placement.to_canvas if self._layout else np.eye(3)

    def grid(self, columns: int | None = None, inputs: bool = True) -> None:
        """Show content, style and results in a grid, captioned with what differs between them.

        Parameters
        ----------
        columns : int, optional
            By default the number that makes the pictures largest.
        inputs : bool
            Whether content and style are shown as well.

        Raises
        ------
        ImageError
            If a layer cannot be read.
        """
        layout = Grid(self.content, self.style, self.results, inputs)
        layout.read(self._viewer)
        self.columns, self._inputs = columns, inputs
        self._show(layout)

    def swipe(self, result: Image | str | None = None, position: float = 0.5) -> None:
        """Show the content to the left of a line and a result to the right of it.

        Parameters
        ----------
        result : napari.layers.Image or str, optional
            By default the last.
        position : float
            Of the line, from 0 at the left to 1 at the right; call again to move it.

        Raises
        ------
        ImageError
            If the content is missing, or a layer cannot be read.
        """
        after = self._one(result)
        content = self._needed_content()
        position = min(max(float(position), 0.0), 1.0)
        layout = self._layout
        if isinstance(layout, Swipe) and layout.layers == [content, after]:
            layout.position = position
            self.redrawn.emit()
        else:
            layout = Swipe(content, after, position)
            layout.read(self._viewer)
            self._show(layout)

    def difference(
        self, result: Image | str | None = None, other: Image | str | None = None
    ) -> None:
        """Show how far a result differs from the content, or from another result.

        Parameters
        ----------
        result : napari.layers.Image or str, optional
            By default the last.
        other : napari.layers.Image or str, optional
            By default the content.

        Raises
        ------
        ImageError
            If one of them is missing or cannot be read.
        """
        first = self._one(result)
        second = self._needed_content() if other is None else self._one(other)
        layout = Difference(first, second, self.content or first)
        layout.read(self._viewer)
        self._show(layout)

    def off(self) -> None:
        """End the comparison; the pictures are gone."""
        viewer, layout = self._viewer_reference(), self._layout
        self._layout = None
        if layout is None or viewer is None:
            return
        for layer in layout.layers:
            layer.events.data.disconnect(self._on_change)
        viewer.dims.events.current_step.disconnect(self._on_change)
        viewer.layers.events.removed.disconnect(self._on_removed)
        if _shown.get(viewer) is self:
            del _shown[viewer]
        self.mode_changed.emit("off")

    def sheet(self, cell: int = 256, columns: int | None = None) -> NDArray[np.uint8]:
        """Return content, style and results with their captions as one image.

        Parameters
        ----------
        cell : int
            Longest side of each picture, in pixels.
        columns : int, optional
            By default the sheet is about square.

        Returns
        -------
        ndarray of uint8, shape (H, W, 3)

        Raises
        ------
        ImageError
            If a layer cannot be read.
        """
        layout = Grid(self.content, self.style, self.results)
        layout.read(self._viewer)
        return contact_sheet(layout.pictures(), cell=cell, columns=columns)

    def save(self, path: str | Path, cell: int = 256, columns: int | None = None) -> None:
        """Save the `sheet` as an image file.

        Parameters
        ----------
        path : str or Path
            Its extension sets the format.
        cell, columns : int
            As for `sheet`.

        Raises
        ------
        ImageError
            If a layer cannot be read, or the file cannot be saved.
        """
        check_writable(Path(path))
        write_image(Path(path), self.sheet(cell, columns))

    @property
    def _viewer(self) -> ViewerModel:
        viewer = self._viewer_reference()
        if viewer is None:
            raise ImageError("The viewer of this comparison is closed.")
        return viewer

    def _input(self, what: Literal["content", "style"], given: Image | str | None) -> Image | None:
        """Return the given layer, or the one that the first result was made from."""
        from napari.layers import Image as AnyImage

        viewer = self._viewer
        if given is not None:
            return bare(find_layer(viewer, given, what))
        entry = history(viewer).entry_of(self.results[0])
        found: Any = entry.input(what) if entry else None
        return found if isinstance(found, AnyImage) and found in viewer.layers else None

    def _one(self, result: Image | str | None) -> Image:
        if result is None:
            return self.results[-1]
        return bare(find_layer(self._viewer, result, "result"))

    def _needed_content(self) -> Image:
        if self.content is None:
            raise ImageError("What these were painted from is not here: choose the content.")
        return self.content

    def _show(self, layout: Layout) -> None:
        """Show a layout that was read, in place of the previous one."""
        viewer = self._viewer
        before = _shown.get(viewer)
        if before is not None:
            before.off()
        _shown[viewer] = self
        self._layout = layout
        for layer in layout.layers:
            layer.events.data.connect(self._on_change)
        viewer.dims.events.current_step.connect(self._on_change)
        viewer.layers.events.removed.connect(self._on_removed)
        self.mode_changed.emit(self.mode)
        if view := _view_of(viewer):
            view.show_comparison(self)
        self.redrawn.emit()

    def _on_change(self, event: Any) -> None:
        if layout := self._layout:
            changed = next((layer for layer in layout.layers if layer is event.source), None)
            # A layer that cannot be read now keeps its last picture.
            with suppress(ImageError):
                layout.read(self._viewer, changed)
                self.redrawn.emit()

    def _on_removed(self, event: Any) -> None:
        if event.value in self.results:
            self.results.remove(event.value)
        if (layout := self._layout) is None or event.value not in layout.layers:
            return
        if layout.mode == "grid" and self.results and event.value is not layout.layers[0]:
            self.grid(self.columns, self._inputs)
        else:
            self.off()


#: The comparison that a viewer shows.
_shown: weakref.WeakKeyDictionary[Any, Comparison] = weakref.WeakKeyDictionary()


def _view_of(viewer: Any) -> Any:
    """Return the dock that draws comparisons, opened if it is not there; None without a window."""
    window = getattr(viewer, "window", None)
    if window is None:
        return None
    for widget in window.dock_widgets.values():
        if hasattr(widget, "show_comparison"):
            return widget
    _, widget = window.add_plugin_dock_widget("napari-neural-style", "Compare")
    return widget
