"""What the engine asks of a feature network."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

import tensorflow as tf

__all__ = ["FeatureNetwork"]


class FeatureNetwork(Protocol):
    """Anything that turns an image into named feature maps, differentiably."""

    #: The names of all its feature layers, from shallow to deep.
    layers: Sequence[str]
    #: What to call the network to the user.
    title: str
    #: The style statistic, and the layers with weights, that suit it where the user names none.
    style_loss: str
    content_layers: Mapping[str, float]
    style_layers: Mapping[str, float]

    def __call__(self, image: tf.Tensor, layers: Iterable[str]) -> dict[str, tf.Tensor]:
        """Return the feature maps of `layers`.

        Parameters
        ----------
        image : tensor of float32, shape (1, H, W, 3)
            RGB in [0, 1], at least 16 pixels high and wide.
        layers : iterable of str

        Returns
        -------
        dict of str to tensor of float32, shape (1, h, w, C)
        """
        ...
