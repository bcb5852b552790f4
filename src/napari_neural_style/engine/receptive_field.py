"""What of an image a feature map sees: the key to computing it piece by piece."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["ReceptiveField"]


class ReceptiveField(NamedTuple):
    """What a feature map sees along one axis.

    Position ``i`` sees the pixels from ``stride * i - before`` to ``stride * i + after``; the map
    of ``n`` pixels has ``n // stride`` positions.

    Parameters
    ----------
    stride : int
        Pixels from one position to the next.
    before, after : int
        How far it sees, in pixels, from the first pixel of its cell.
    """

    stride: int = 1
    before: int = 0
    after: int = 0

    def seen_through(self, before: int, after: int, stride: int = 1) -> ReceptiveField:
        """Return the field of a layer that sees this one from ``-before`` to ``after``.

        Parameters
        ----------
        before, after : int
            In positions of this layer.
        stride : int
            Positions of this layer from one of that layer to its next.
        """
        return ReceptiveField(
            self.stride * stride,
            self.before + self.stride * before,
            self.after + self.stride * after,
        )
