"""What can go wrong, each with a sentence a user can act on.

None of these derives from `RuntimeError`: a `RuntimeError` raised in one of napari's generator
workers is swallowed without a word.
"""

from __future__ import annotations

__all__ = ["Cancelled", "EngineDied", "EngineFailed", "ExtensionError", "ImageError"]
__all__ += ["EngineUnavailable", "NeuralStyleError", "NothingToPaint", "SettingsError"]
__all__ += ["WeightsError"]


class NeuralStyleError(Exception):
    """Base of every error this package raises on purpose; its text is meant for the user.

    Examples
    --------
    >>> try:
    ...     stylize(photo, painting, steps=0)
    ... except NeuralStyleError as error:
    ...     print(error)
    steps is 0: it must lie between 1 and 100000.
    """


class SettingsError(NeuralStyleError, ValueError):
    """A setting has a value it cannot have."""


class ImageError(NeuralStyleError, ValueError):
    """An image, or a layer, cannot be stylised as it is."""


class NothingToPaint(ImageError):
    """No part of a mask lies in a slice: of a whole stack, that slice is left as it is."""


class WeightsError(NeuralStyleError):
    """The weights of a feature network cannot be had or cannot be used."""


class EngineFailed(NeuralStyleError):
    """The engine raised something unexpected; `details` holds its traceback.

    Parameters
    ----------
    message : str
        One sentence for the user.
    details : str
        The engine's traceback, for a bug report.
    """

    def __init__(self, message: str, details: str = "") -> None:
        super().__init__(message)
        self.details = details

    def __reduce__(self) -> tuple[type[EngineFailed], tuple[str, str]]:
        return type(self), (str(self), self.details)


class ExtensionError(EngineFailed):
    """What an extension brings does not work; `details` may hold a traceback for its authors."""


class EngineDied(NeuralStyleError):
    """The engine process ended in the middle of a run."""


class EngineUnavailable(EngineDied):
    """The engine process cannot be started, or not used from here."""


class Cancelled(NeuralStyleError):
    """The run was cancelled; what was shown last stays as it is."""
