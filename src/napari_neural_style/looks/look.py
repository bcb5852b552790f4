"""`Look`: a small network learnt from a result, with its name and how it was made."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_neural_style.errors import LookError
from napari_neural_style.learn_job import Learnt
from napari_neural_style.look_network import LookNetwork
from napari_neural_style.looks.look_files import LookParts, read_look, write_look
from napari_neural_style.pictures.images import FloatImage, fit, from_rgb, resize
from napari_neural_style.records.records import versions

__all__ = ["Look", "is_look", "look_of", "opened"]

_THUMBNAIL = 128


@dataclass(frozen=True, eq=False)
class Look:
    """A small network that paints as a result was painted; it stands wherever a style stands.

    `napari_neural_style.learn` makes one. It paints any content of any size, at its own pixels, at
    once: `stylize`, `stylize_layers`, `stylize_many`.

    Parameters
    ----------
    network : LookNetwork
        What it has learnt.
    name : str
        What to call it: in the name of a result, say.
    record : dict
        How it was made, in values that JSON can hold: ``"learnt_from"``, the records of the results
        or what is known of them; ``"steps"``, ``"seconds"``, ``"losses"``, ``"seed"``,
        ``"device"``, ``"precision"`` and ``"versions"``.
    thumbnail : ndarray of uint8, shape (h, w, 3)
        What it made of the content that it was learnt from, 128 pixels at most.

    Examples
    --------
    >>> look = Look.load("night.look")
    >>> look.name, look.record["steps"]
    ('night', 2)
    >>> stylize(photo, look).shape == photo.shape
    True
    """

    network: LookNetwork = field(repr=False)
    name: str
    record: Mapping[str, Any] = field(default_factory=dict, repr=False)
    thumbnail: NDArray[np.uint8] = field(
        default_factory=lambda: np.zeros((1, 1, 3), np.uint8), repr=False
    )

    @classmethod
    def of(cls, learnt: Learnt, name: str, **record: Any) -> Look:
        """Return the look that has been learnt by some step.

        Parameters
        ----------
        learnt : Learnt
            The engine's news of it.
        name : str
        **record
            What else is known of how it was made.
        """
        facts = {
            **record,
            "steps": learnt.step,
            "seconds": learnt.seconds,
            "losses": dict(learnt.losses),
            "device": learnt.device,
            "precision": learnt.precision,
            "critic": learnt.features,
            "versions": versions(),
        }
        return cls(learnt.network, name, facts, _thumbnail(learnt.image))

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Save it as a file of about 0.8 MB: safetensors, so it holds numbers and no program.

        Parameters
        ----------
        path : path
            ``.look`` is added where it is missing.

        Returns
        -------
        Path
            Where it was saved.

        Raises
        ------
        LookError
            If it cannot be written; a file that was there before is still there then.

        Examples
        --------
        >>> Look.load("night.look").save("copy").name
        'copy.look'
        """
        path = Path(path)
        if path.suffix != ".look":
            path = path.with_name(f"{path.name}.look")
        write_look(path, LookParts(self.network, dict(self.record), self.thumbnail))
        return path

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Look:
        """Return the look in a file, under the name of the file.

        Parameters
        ----------
        path : path

        Raises
        ------
        LookError
            If there is no such file, it is no look or damaged, or a later version has written it.

        Examples
        --------
        >>> Look.load("night.look")
        Look(name='night')
        """
        parts = read_look(Path(path))
        return cls(parts.network, Path(path).stem, parts.record, parts.thumbnail)

    def to_record(self) -> dict[str, Any]:
        """Return what the record of a result says of the look that painted it."""
        return {"name": self.name, "sha256": self.network.fingerprint}


def is_look(style: object) -> bool:
    """Return whether a style is a look, or something that is learning one."""
    return isinstance(style, Look) or hasattr(style, "look")


def look_of(style: Any) -> Look:
    """Return the look that a style is; of something that is learning, what it has learnt.

    Raises
    ------
    LookError
        If it is still learning, or has learnt nothing.
    """
    if isinstance(style, Look):
        return style
    if not style.over:
        raise LookError(
            f"{style.name!r} is still being learnt: wait() for it, or give its look as it is by "
            f"now, which is its attribute look."
        )
    look = style.look
    if not isinstance(look, Look):
        raise LookError(f"{style.name!r} has learnt nothing: learn it again.")
    return look


def opened(style: Any) -> Any:
    """Return a style with the look in place of its file; any other style as it is."""
    if isinstance(style, str | os.PathLike) and Path(style).suffix.lower() == ".look":
        return Look.load(style)
    return look_of(style) if is_look(style) else style


def _thumbnail(image: FloatImage) -> NDArray[np.uint8]:
    size = min(_THUMBNAIL, max(image.shape[:2]))
    return from_rgb(resize(image, fit(image.shape, size)), np.dtype(np.uint8))
