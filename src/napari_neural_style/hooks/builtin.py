"""The networks, losses and presets of the package, registered through its own hooks."""

from __future__ import annotations

from napari_neural_style.feature_layers import FEATURE_LAYERS
from napari_neural_style.hooks.hookspecs import hookimpl
from napari_neural_style.hooks.recipes import RECIPES
from napari_neural_style.hooks.specs import (
    ContentLossSpec,
    FeatureNetworkSpec,
    Preset,
    StyleLossSpec,
)

__all__ = ["content_losses", "feature_networks", "presets", "style_losses"]

_ENGINE = "napari_neural_style.engine"
#: What block5_conv1, the deepest layer that presets use, sees around a tile: 85 pixels, in cells
#: of 16.
_MARGIN = 96
#: What the first layers of blocks see, likewise, whatever the pooling.
_JOINTS = {"block2_conv1": 6, "block3_conv1": 16, "block4_conv1": 40}


def _density(*widths: int) -> dict[str, float]:
    """Return values per pixel by layer, for a VGG19 whose blocks have as many channels."""
    return {n: widths[int(n[5]) - 1] / 4 ** (int(n[5]) - 1) for n in FEATURE_LAYERS}


@hookimpl
def feature_networks() -> list[FeatureNetworkSpec]:
    """Return VGG19 and the small built-in network."""
    return [
        FeatureNetworkSpec(
            "vgg19",
            "VGG19 (ImageNet)",
            "VGG19 trained on ImageNet, or from a weights file.",
            f"{_ENGINE}.vgg_loading:load_vgg19",
            FEATURE_LAYERS,
            _density(64, 128, 256, 512, 512),
            _MARGIN,
            _JOINTS,
        ),
        FeatureNetworkSpec(
            "builtin",
            "Built-in (small, offline)",
            "The small network that needs no download.",
            f"{_ENGINE}.vgg_loading:load_builtin",
            FEATURE_LAYERS,
            _density(32, 64, 96, 192, 192),
            _MARGIN,
            _JOINTS,
        ),
    ]


@hookimpl
def style_losses() -> list[StyleLossSpec]:
    """Return the style statistics."""
    return [
        StyleLossSpec("gram", "The Gram matrices of Gatys.", f"{_ENGINE}.statistic:gram"),
        StyleLossSpec(
            "moments",
            "Mean and centred Gram matrix, which come closer to the style in fewer steps.",
            f"{_ENGINE}.statistic:moments_apart",
        ),
        StyleLossSpec(
            "neighbors",
            "Moments at coarse scales; at fine ones, each place is drawn towards the nearest place "
            "of the style besides: real brushwork.",
            f"{_ENGINE}.statistic:neighbors",
            # Measured: 780 and 1,750 bytes more per pixel with the two networks of the package.
            memory=2.2,
            time=1.15,
            layer_by_layer=False,
        ),
        StyleLossSpec(
            "wasserstein",
            "The Gaussian Wasserstein-2 distance.",
            f"{_ENGINE}.statistic:wasserstein",
        ),
    ]


@hookimpl
def content_losses() -> list[ContentLossSpec]:
    """Return the content loss of Gatys."""
    return [
        ContentLossSpec(
            "squared",
            "The mean squared difference of feature maps, as Gatys has it.",
            f"{_ENGINE}.statistic:squared",
            tiles=True,
        )
    ]


@hookimpl
def presets() -> dict[str, Preset]:
    """Return the presets of the package."""
    return RECIPES
