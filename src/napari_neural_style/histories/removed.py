"""Results that the user has removed from the viewer, kept small, so that they can be put back."""

from __future__ import annotations

import threading
import weakref
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from napari_neural_style.viewing.multiscale import finest, levels
from napari_neural_style.viewing.placement import OWN_TRANSFORM

if TYPE_CHECKING:
    from napari.layers import Image

    from napari_neural_style.running.run import BaseRun

__all__ = ["PACKED_BYTES", "UNPACKED", "UNPACKED_BYTES", "Packed", "can_be_packed"]

#: So many removed results stay as they are, with their runs, the latest ones; and as many bytes.
UNPACKED, UNPACKED_BYTES = 3, 256_000_000
#: Those before them are compressed, without loss. Of these so many bytes are kept; then the oldest
#: lose their pixels, and keep the record by which they can be painted again.
PACKED_BYTES = 256_000_000

_KEPT = ("name", "opacity", "blending", *OWN_TRANSFORM, "units", "axis_labels")


def can_be_packed(layer: Image) -> bool:
    """Return whether a layer is what runs make: colours in memory."""
    return bool(layer.rgb) and isinstance(finest(layer), np.ndarray)


class Packed:
    """A result layer without its layer: its pixels compressed, in a thread, and where it lay.

    Parameters
    ----------
    layer : napari.layers.Image
    run : BaseRun, optional
        Which has painted it.
    """

    def __init__(self, layer: Image, run: BaseRun | None) -> None:
        #: The very same, in case that somebody else holds them and brings them back.
        self.layer_was = weakref.ref(layer)
        self.run_was = None if run is None else weakref.ref(run)
        self.name = str(layer.name)
        self.state = "opened" if run is None else run.state
        self.metadata = dict(layer.metadata)
        self._options = {name: getattr(layer, name) for name in _KEPT}
        self._options["affine"] = np.array(layer.affine.affine_matrix)
        pixels = finest(layer)
        self._shape, self._dtype = pixels.shape, pixels.dtype
        #: Rows and columns, which a coarser level has fewer of.
        self._axes = _smaller(layer.data[0], layer.data[1]) if layer.multiscale else None
        self._pixels: NDArray[Any] | bytes | None = pixels
        self._writing = threading.Lock()
        threading.Thread(target=self._compress, name="neural-style-packing", daemon=True).start()

    @property
    def has_pixels(self) -> bool:
        """Whether the picture is there still."""
        return self._pixels is not None

    @property
    def size(self) -> int:
        """Bytes that the picture takes."""
        pixels = self._pixels
        return len(pixels) if isinstance(pixels, bytes) else 0 if pixels is None else pixels.nbytes

    def let_pixels_go(self) -> None:
        """Keep the picture no more."""
        with self._writing:
            self._pixels = None

    def layer(self) -> Image | None:
        """Return a new layer like the one that was; None if its picture is kept no more."""
        from napari.layers import Image

        pixels = self._pixels
        if pixels is None:
            return None
        if isinstance(pixels, bytes):
            raw = np.frombuffer(bytearray(zlib.decompress(pixels)), self._dtype)
            pixels = raw.reshape(self._shape)
        data = levels(pixels, self._axes) if self._axes else pixels
        return Image(data, rgb=True, metadata=dict(self.metadata), **self._options)

    def _compress(self) -> None:
        pixels = self._pixels
        if isinstance(pixels, np.ndarray):
            packed = zlib.compress(np.ascontiguousarray(pixels).data, 1)
            with self._writing:
                if self._pixels is not None:
                    self._pixels = packed


def _smaller(fine: NDArray[Any], coarse: NDArray[Any]) -> tuple[int, int] | None:
    """Return the two axes along which one level is smaller than another."""
    pairs = enumerate(zip(fine.shape, coarse.shape, strict=True))
    axes = tuple(axis for axis, (side, smaller) in pairs if smaller < side)
    return (axes[0], axes[1]) if len(axes) == 2 else None
