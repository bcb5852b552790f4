"""VGG19, or VGG16, as plain convolutions, run no deeper than the deepest feature layer asked for.

Simonyan and Zisserman, "Very Deep Convolutional Networks for Large-Scale Image Recognition"
(arXiv:1409.1556), configurations E and D, without their classifiers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from napari_neural_style.engine.edge_padding import PixelIndices, edge_padded
from napari_neural_style.engine.receptive_field import ReceptiveField
from napari_neural_style.engine.winograd import Tilings, convolve, transformed

__all__ = ["KERAS", "TORCHVISION", "VGG19", "Preprocessing", "VGGWeights"]


#: Winograd's algorithm pays off where there are as many channels, before and after.
_WIDE = 128
#: A binomial filter and the mean of four: 1 3 3 1 along each axis.
_BLUR = np.outer([1, 3, 3, 1], [1, 3, 3, 1])[:, :, np.newaxis, np.newaxis] / 64


class Preprocessing(NamedTuple):
    """What the first kernel expects of an RGB image in [0, 1]: ``image * factor - offset``.

    Borders are padded after it.

    Parameters
    ----------
    factor, offset : tuple of 3 floats
        By channel, in the order that the kernel has.
    bgr : bool
        Whether that order is blue, green, red.
    """

    factor: tuple[float, float, float]
    offset: tuple[float, float, float]
    bgr: bool

    @property
    def middle(self) -> tuple[float, ...]:
        """The RGB colour that the first kernel sees as zero."""
        colour = [offset / factor for factor, offset in zip(self.factor, self.offset, strict=True)]
        return tuple(colour[::-1] if self.bgr else colour)

    def absorbed(self, kernel: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the first kernel for an RGB image less `middle`: cheaper than changing images.

        Parameters
        ----------
        kernel : ndarray of float32, shape (3, 3, 3, out)
        """
        kernel = kernel * np.array(self.factor, np.float32)[:, np.newaxis]
        return kernel[:, :, ::-1] if self.bgr else kernel


#: The Keras and Caffe convention: 0 to 255, less the mean blue, green and red of ImageNet.
KERAS = Preprocessing((255.0, 255.0, 255.0), (103.939, 116.779, 123.68), True)
#: torchvision's: less its mean (0.485, 0.456, 0.406), by its deviation.
TORCHVISION = Preprocessing(
    (1 / 0.229, 1 / 0.224, 1 / 0.225), (0.485 / 0.229, 0.456 / 0.224, 0.406 / 0.225), False
)


@dataclass(frozen=True, eq=False)
class VGGWeights:
    """Kernels and biases of VGG19, or of a network of its shape at another width.

    Parameters
    ----------
    title : str
        What to call the network to the user.
    kernels : dict of str to ndarray of float32, shape (3, 3, in, out)
        By feature layer, in order.
    biases : dict of str to ndarray of float32, shape (out,)
    content_layers, style_layers : dict of str to float
        The layers, with their weights, that suit this network.
    pooling : {"max", "average", "blur"}
        The pooling that suits this network.
    style_loss : {"gram", "moments", "wasserstein"}
        The style statistic that suits this network.
    content_stand_ins : dict of str to dict of str to float
        For layers that do not hold the content in this network as they do in ImageNet's: those
        that do so instead, with their weights.
    preprocessing : Preprocessing
        What the kernels expect; by default as Keras publishes them.
    content_gains : dict of str to float
        For style losses that outweigh the content more than Gram matrices do with this network:
        factors on a relative content loss that hold it as firmly.
    sha256 : str
        Checksum of the file they come from; empty if there is none.
    """

    title: str
    kernels: Mapping[str, NDArray[np.float32]]
    biases: Mapping[str, NDArray[np.float32]]
    content_layers: Mapping[str, float] = field(default_factory=lambda: {"block4_conv2": 1.0})
    style_layers: Mapping[str, float] = field(
        default_factory=lambda: {
            "block1_conv1": 0.4,
            "block2_conv1": 0.25,
            "block3_conv1": 0.16,
            "block4_conv1": 0.1,
            "block5_conv1": 0.09,
        }
    )
    pooling: str = "max"
    style_loss: str = "moments"
    content_stand_ins: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    preprocessing: Preprocessing = KERAS
    content_gains: Mapping[str, float] = field(
        default_factory=lambda: {"moments": 12.0, "neighbors": 8.0}
    )
    sha256: str = ""


class VGG19:
    """Image to feature maps.

    Parameters
    ----------
    weights : VGGWeights
    pooling : {"auto", "max", "average", "blur"}
        The original has max; Gatys et al. found average to look smoother; blur is average after a
        binomial filter, so that what is too fine for the smaller map does not come back as a grid
        (R. Zhang, "Making Convolutional Networks Shift-Invariant Again", arXiv:1904.11486).
        ``"auto"`` takes what suits the weights.
    padding : {"edge", "zero"}
        What lies beyond the border for every convolution: the border's own values, which leaves
        no frame in the picture, or the original's zeros.
    precision : {"float32", "bfloat16"}
        Arithmetic of the convolutions. Feature maps are float32 in either case.
    winograd : bool
        Whether wide convolutions in float32 are done by Winograd's algorithm: the same but for
        rounding, with larger kernels.
    """

    def __init__(
        self,
        weights: VGGWeights,
        *,
        pooling: str = "auto",
        padding: str = "zero",
        precision: str = "float32",
        winograd: bool = False,
    ) -> None:
        self.title = weights.title
        self.weights_sha256 = weights.sha256
        self.layers = tuple(weights.kernels)
        self.content_layers = weights.content_layers
        self.style_layers = weights.style_layers
        self.style_loss = weights.style_loss
        self.content_stand_ins = weights.content_stand_ins
        self.content_gains = weights.content_gains
        #: What it computes in, and what its feature maps can be kept in.
        self.dtype = tf.as_dtype(precision)
        self._pooling = weights.pooling if pooling == "auto" else pooling
        self._preprocessing = weights.preprocessing
        self._zero_padding = padding == "zero"
        self._winograd = {
            name
            for name, kernel in weights.kernels.items()
            if winograd and precision == "float32" and min(kernel.shape[2:]) >= _WIDE
        }
        self._published = weights.kernels
        self._kernels: dict[str, tf.Tensor] = {}
        self._biases = {k: tf.cast(v, self.dtype) for k, v in weights.biases.items()}

    def __call__(self, image: tf.Tensor, layers: Iterable[str]) -> dict[str, tf.Tensor]:
        """Return the feature maps of `layers`, after their ReLU.

        Parameters
        ----------
        image : tensor of float32, shape (1, H, W, 3)
            RGB in [0, 1].
        layers : iterable of str
            Names out of `layers`.

        Returns
        -------
        dict of str to tensor of float32, shape (1, h, w, channels)
            Block ``b`` has ``h = H // 2**(b - 1)``, and likewise the width.
        """
        wanted = set(layers)
        deepest = max(map(self.layers.index, wanted))
        return self._through(self._entered(image), self.layers[: deepest + 1], wanted)[0]

    def stem(
        self, image: tf.Tensor, layers: Iterable[str], joint: str
    ) -> tuple[dict[str, tf.Tensor], tf.Tensor]:
        """Return the feature maps of the layers before a joint, and the map that goes into it.

        Parameters
        ----------
        image : tensor of float32, shape (1, H, W, 3)
            RGB in [0, 1].
        layers : iterable of str
            Names of layers before the joint.
        joint : str
            The first layer of a block; not that of the first block.

        Returns
        -------
        features : dict of str to tensor of float32, shape (1, h, w, channels)
        map : tensor, shape (1, h, w, channels)
            Of the type that the network computes in.
        """
        before = self.layers[: self.layers.index(joint)]
        features, x, indices = self._through(self._entered(image), before, set(layers))
        return features, self._shrink(x, indices)

    def rest(self, entering: tf.Tensor, layers: Iterable[str], joint: str) -> dict[str, tf.Tensor]:
        """Return the feature maps of layers from a joint on: with `stem`, those of the whole.

        Parameters
        ----------
        entering : tensor, shape (1, h, w, channels)
            The map that `stem` returned.
        layers : iterable of str
            Names of layers from the joint on.
        joint : str
        """
        wanted = set(layers)
        first, deepest = self.layers.index(joint), max(map(self.layers.index, wanted))
        return self._through(entering, self.layers[first : deepest + 1], wanted)[0]

    def _entered(self, image: tf.Tensor) -> tf.Tensor:
        return tf.cast(image - self._preprocessing.middle, self.dtype)

    def _through(
        self, x: tf.Tensor, names: Sequence[str], wanted: set[str]
    ) -> tuple[dict[str, tf.Tensor], tf.Tensor, Tilings]:
        """Return what the wanted ones of some layers in a row see, and what leaves the last one."""
        features: dict[str, tf.Tensor] = {}
        indices = Tilings(x)
        for layer in names:
            # What goes into the first one is as small as its maps are.
            if layer.endswith("conv1") and layer != names[0]:
                x = self._shrink(x, indices)
                indices = Tilings(x)
            x = self._convolve(x, layer, indices)
            x = tf.nn.relu(tf.nn.bias_add(x, self._biases[layer]))
            if layer in wanted:
                features[layer] = tf.cast(x, tf.float32)
        return features, x, indices

    @property
    def density(self) -> dict[str, float]:
        """How many values each feature layer has for each pixel of the image."""
        return {
            name: kernel.shape[3] / self.receptive_field(name).stride ** 2
            for name, kernel in self._published.items()
        }

    def receptive_field(self, layer: str) -> ReceptiveField:
        """Return what of an image each position of a feature map sees."""
        field = ReceptiveField()
        for name in self.layers[: self.layers.index(layer) + 1]:
            if name.endswith("conv1") and name != self.layers[0]:
                field = field.seen_through(*((1, 2) if self._pooling == "blur" else (0, 1)), 2)
            field = field.seen_through(1, 1)
        return field

    def _shrink(self, x: tf.Tensor, indices: PixelIndices) -> tf.Tensor:
        if self._pooling == "blur":
            channels = x.shape[3]
            kernel = tf.tile(tf.cast(_BLUR, x.dtype), [1, 1, channels, 1])
            return tf.nn.depthwise_conv2d(edge_padded(x, indices), kernel, [1, 2, 2, 1], "VALID")
        kind = "MAX" if self._pooling == "max" else "AVG"
        return tf.nn.pool(x, [2, 2], kind, [2, 2], "VALID")

    def _convolve(self, x: tf.Tensor, layer: str, indices: Tilings) -> tf.Tensor:
        kernel = self._kernel(layer)
        if layer in self._winograd:
            return convolve(x, kernel, indices, zero_padding=self._zero_padding)
        if self._zero_padding:
            return tf.nn.conv2d(x, kernel, 1, "SAME")
        return tf.nn.conv2d(edge_padded(x, indices), kernel, 1, "VALID")

    def _kernel(self, layer: str) -> tf.Tensor:
        """Return a kernel in the form in which it is used; made once, when it is needed."""
        if layer not in self._kernels:
            kernel = self._published[layer]
            if layer == self.layers[0]:
                kernel = self._preprocessing.absorbed(kernel)
            with tf.init_scope():  # not a part of the function that may be traced right now
                self._kernels[layer] = (
                    tf.constant(transformed(kernel))
                    if layer in self._winograd
                    else tf.cast(kernel, self.dtype)
                )
        return self._kernels[layer]
