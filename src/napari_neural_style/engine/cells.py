"""Cells: the small squares of a picture in which all its shallow feature maps are compared."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import tensorflow as tf

from napari_neural_style.engine.features import FeatureNetwork

__all__ = ["CellGrid"]

#: Side of a cell, in pixels, where the network has a feature map of that stride.
_SIDE = 4
#: Feature maps up to this many times as coarse as the cells tell cells apart: deeper ones see too
#: much around a cell for that.
_COARSEST = 2
_TRIAL_PIXELS = 64


class CellGrid:
    """The cells of pictures, as the feature maps of a network divide them.

    Parameters
    ----------
    network : FeatureNetwork
    layers : iterable of str
        The feature layers to choose from.
    """

    def __init__(self, network: FeatureNetwork, layers: Iterable[str]) -> None:
        grey = tf.fill([1, _TRIAL_PIXELS, _TRIAL_PIXELS, 3], 0.5)
        found = network(grey, tuple(layers))
        strides = {name: round(_TRIAL_PIXELS / value.shape[1]) for name, value in found.items()}
        wide = [stride for stride in strides.values() if stride >= _SIDE]
        #: Side of a cell, in pixels.
        self.side = min(wide) if wide else max(strides.values())
        #: The layers that have one position in a cell or more: those that are compared.
        self.compared = tuple(n for n, stride in strides.items() if stride <= self.side)
        #: The layers that tell cells apart.
        self.telling = tuple(n for n, s in strides.items() if s <= _COARSEST * self.side)
        #: How many values a descriptor has of each of them.
        self.widths = [found[name].shape[3] for name in self.telling]
        self._strides = strides

    def values(self, features: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        """Return all values in each cell, by layer compared, of shape (h * w, n).

        Parameters
        ----------
        features : dict of str to tensor of float32, shape (1, h, w, C)
        """
        return {name: self._in_cells(features, name) for name in self.compared}

    def descriptors(self, features: Mapping[str, tf.Tensor]) -> tf.Tensor:
        """Return what tells cells apart, of shape (h * w, d): means of fine maps, coarse ones."""
        height, width = self._shape(features)
        found = []
        for name in self.telling:
            if self._strides[name] <= self.side:
                cells = self._in_cells(features, name)
                channels = features[name].shape[3]
                found.append(tf.reduce_mean(tf.reshape(cells, [height * width, -1, channels]), 1))
                continue
            # Not interpolated: each tile of a picture shall have what the whole one has there.
            times = self._strides[name] // self.side
            rows = tf.minimum(tf.range(height) // times, tf.shape(features[name])[1] - 1)
            columns = tf.minimum(tf.range(width) // times, tf.shape(features[name])[2] - 1)
            spread = tf.gather(tf.gather(features[name][0], rows), columns, axis=1)
            found.append(tf.reshape(spread, [height * width, -1]))
        return tf.concat(found, 1)

    def _shape(self, features: Mapping[str, tf.Tensor]) -> tuple[tf.Tensor, tf.Tensor]:
        coarsest = max(self.compared, key=self._strides.__getitem__)
        shape = tf.shape(features[coarsest])
        return shape[1], shape[2]

    def _in_cells(self, features: Mapping[str, tf.Tensor], name: str) -> tf.Tensor:
        height, width = self._shape(features)
        side, channels = self.side // self._strides[name], features[name].shape[3]
        # A last row or column of pixels may not fill a cell.
        cut = features[name][0, : height * side, : width * side]
        apart = tf.transpose(
            tf.reshape(cut, [height, side, width, side, channels]), [0, 2, 1, 3, 4]
        )
        return tf.reshape(apart, [height * width, side * side * channels])
