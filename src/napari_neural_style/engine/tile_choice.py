"""Whether a picture is painted whole or in tiles, and of which size."""

from __future__ import annotations

from napari_neural_style.settings import Settings

__all__ = ["TileChoice"]


class TileChoice:
    """What `Settings.tile` comes to at each scale.

    Parameters
    ----------
    settings : Settings
    """

    def __init__(self, settings: Settings) -> None:
        self._tile = 0 if settings.tile == "auto" else settings.tile

    @property
    def wanted(self) -> bool:
        """Whether there may be tiles at all."""
        return bool(self._tile)

    def side(self, shape: tuple[int, int]) -> int:
        """Return the side of a tile for a picture of that height and width; 0 paints it whole."""
        return self._tile if max(shape) > self._tile else 0
