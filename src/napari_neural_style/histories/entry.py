"""`Entry`: one result in a viewer's history. Qt-free."""

from __future__ import annotations

import weakref
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from napari_neural_style.errors import NeuralStyleError
from napari_neural_style.histories.removed import Packed, can_be_packed
from napari_neural_style.pictures.images import fit, resize
from napari_neural_style.records.records import KEY, record_of, recorded_settings
from napari_neural_style.records.schema import OwnRecord, checked_record
from napari_neural_style.settings import Settings
from napari_neural_style.viewing.planes import Sliders
from napari_neural_style.viewing.sources import Source
from napari_neural_style.wording import duration

if TYPE_CHECKING:
    from napari.components import ViewerModel
    from napari.layers import Image, Layer

    from napari_neural_style.running.run import BaseRun

__all__ = ["Entry"]

#: How much finer than a thumbnail the pixels are that it is made from: it shall not look rough.
_FINER = 4


class Entry:
    """One result: of a run in this viewer, or opened from a file that carries its record.

    Parameters
    ----------
    run : BaseRun or None
    layer : napari.layers.Image or None
        For a result without a run.
    inputs : dict of str to napari.layers.Layer
        What it was made from, as far as these are layers of the viewer: "content", "style" ...
    """

    def __init__(
        self, run: BaseRun | None, layer: Image | None, inputs: Mapping[str, Layer]
    ) -> None:
        self.run = run
        self._layer = layer
        self._inputs = {what: weakref.ref(found) for what, found in inputs.items()}
        self.packed: Packed | None = None

    def __repr__(self) -> str:
        return f"<Entry {self.name!r}: {self.state}>"

    @property
    def layer(self) -> Image | None:
        """The result layer; None until the first preview."""
        return self.run.layer if self.run else self._layer

    def pack(self) -> None:
        """Keep the result, which is not in the viewer, small, and its run no more."""
        layer = self.layer
        if self.packed is None and layer is not None and can_be_packed(layer):
            self.packed = Packed(layer, self.run)
            self.run = self._layer = None

    def unpack(self, layer: Image | None = None, run: BaseRun | None = None) -> None:
        """Make a packed result one with a layer; by default a new one.

        Parameters
        ----------
        layer : napari.layers.Image, optional
        run : BaseRun, optional
            Somebody has kept the one that was.
        """
        if self.packed:
            self.run = run
            self._layer = layer or self.packed.layer()
            if self.run or self._layer:
                self.packed = None

    def input(self, what: str) -> Layer | None:
        """Return a layer it was made from; None if that is not known or gone.

        Parameters
        ----------
        what : str
            "content", "style" ...
        """
        reference = self._inputs.get(what)
        return reference() if reference else None

    @property
    def name(self) -> str:
        """Name of the result layer, as it is now."""
        if self.layer is not None:
            return str(self.layer.name)
        if self.packed:
            return self.packed.name
        return self.run.name if self.run else ""

    @property
    def state(self) -> str:
        """The state of its run; "opened" for one that comes from a file."""
        if self.packed:
            return self.packed.state
        return self.run.state if self.run else "opened"

    @property
    def record(self) -> dict[str, Any]:
        """The record of the result; before the first preview, its settings and inputs."""
        record = record_of(self.layer) if self.layer is not None else None
        if self.packed:
            record = checked_record(self.packed.metadata.get(KEY))
        if record is None and self.run:
            record = OwnRecord(settings=self.run.settings.to_json(), inputs=self.run.inputs)
        return record or {"settings": "{}", "inputs": {}}

    @property
    def summary(self) -> str:
        """Losses, steps, time and state, as in "loss 0.41, 60 steps in 12 s, finished"."""
        record, parts = self.record, []
        losses = record.get("losses")
        if isinstance(losses, Mapping):
            names = {"total": "loss", "content": "content", "style": "style"}
            parts += [
                f"{title} {losses[name]:.3g}"
                for name, title in names.items()
                if isinstance(losses.get(name), int | float)
            ]
        if isinstance(step := record.get("step"), int):
            seconds = record.get("seconds")
            took = f" in {duration(seconds)}" if isinstance(seconds, int | float) else ""
            parts.append(f"{step} steps{took}")
        gone = ["its picture is kept no more"] if self.packed and not self.packed.has_pixels else []
        return ", ".join([*parts, self.state, *gone])

    @property
    def settings(self) -> Settings:
        """The settings it was, or is, made with.

        Raises
        ------
        SettingsError
            If they come from another version and cannot be read.
        """
        return recorded_settings(self.record)

    def thumbnail(self, viewer: ViewerModel, size: int = 64) -> NDArray[np.uint8] | None:
        """Return a small picture of the result as it is shown.

        Parameters
        ----------
        viewer : napari.Viewer or napari.components.ViewerModel
            Of a stack, the slice that it shows is taken.
        size : int
            Longest side, in pixels.

        Returns
        -------
        ndarray of uint8, shape (h, w, 3), or None
            None if there is nothing to see yet.
        """
        layer = self.packed.layer() if self.packed else self.layer
        if layer is None:
            return None
        try:
            source = Source.of(layer)
            rgb, alpha = source.glance(Sliders.of(viewer), _FINER * size)
        except NeuralStyleError:
            return None
        if alpha is not None and not alpha.any():
            return None
        return np.rint(resize(rgb, fit(rgb.shape, size)) * 255).astype(np.uint8)
