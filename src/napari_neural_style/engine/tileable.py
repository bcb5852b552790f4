"""Whether a network and a loss can be computed tile by tile, and what a tile must see around it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from napari_neural_style.engine.features import FeatureNetwork
from napari_neural_style.engine.receptive_field import ReceptiveField
from napari_neural_style.engine.tiles import margin
from napari_neural_style.hooks.manager import extensions
from napari_neural_style.settings import Settings

__all__ = ["margin_of", "obstacle_to_tiles", "receptive_field"]


def obstacle_to_tiles(network: FeatureNetwork, settings: Settings) -> str | None:
    """Return why a picture cannot be painted tile by tile, in one sentence, or None if it can."""
    if not hasattr(network, "receptive_field"):
        return (
            f"{network.title} does not say what of a picture its feature maps see, so that it "
            f"cannot be painted tile by tile: it is painted whole."
        )
    if not extensions().content_losses[settings.content_loss].tiles:
        return (
            f"The content loss {settings.content_loss!r} is not a mean over places, so that it "
            f"cannot be computed tile by tile: the picture is painted whole."
        )
    return None


def margin_of(network: FeatureNetwork, layers: Iterable[str]) -> int:
    """Return how many pixels around a tile these layers see at most, in whole cells."""
    return max(margin(receptive_field(network, layer) for layer in layers)[:2])


def receptive_field(network: Any, layer: str) -> ReceptiveField:
    """Return what a position of a layer sees."""
    return ReceptiveField(*network.receptive_field(layer))
