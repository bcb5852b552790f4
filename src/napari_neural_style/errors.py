"""The errors of this package; each message tells the user what to do.

None of them derives from `RuntimeError`: napari's generator workers swallow a `RuntimeError`
silently.
"""

from __future__ import annotations

__all__ = ["Cancelled", "EngineDied", "EngineFailed", "ExtensionError", "FilmError", "ImageError"]
__all__ += ["EngineUnavailable", "LookError", "NeuralStyleError", "NothingToPaint", "SettingsError"]
__all__ += ["WeightsError", "portable"]


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
    """A setting has a value that is not allowed."""


class ImageError(NeuralStyleError, ValueError):
    """An image or a layer cannot be stylised as it is."""


class NothingToPaint(ImageError):
    """The mask is empty in a slice; in a run over a whole stack, the slice is left unchanged."""


class LookError(NeuralStyleError, ValueError):
    """A look cannot be read, saved, learnt or painted with as it is."""


class FilmError(NeuralStyleError, ValueError):
    """A film cannot be read, painted or saved as it is."""


class WeightsError(NeuralStyleError):
    """The weights of a feature network are not available or not usable."""


class EngineFailed(NeuralStyleError):
    """The engine raised an unexpected error.

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
    """An extension does not work; `details` may hold a traceback for its authors."""


class EngineDied(NeuralStyleError):
    """The engine process ended during a run."""


class EngineUnavailable(EngineDied):
    """The engine process cannot be started, or not used from here."""


class Cancelled(NeuralStyleError):
    """The run was cancelled; the last preview stays as it is."""


def portable(error: NeuralStyleError) -> NeuralStyleError:
    """Return an error as one of this module's, with its text, for another process.

    One that an extension has made may not be known there, may need more than its text to be made
    again, or hold on to what cannot travel.

    Examples
    --------
    >>> class TooDark(ImageError):
    ...     pass
    >>> portable(TooDark("The content is too dark."))
    ImageError('The content is too dark.')
    """
    own: type[NeuralStyleError] = next(
        kind for kind in type(error).__mro__ if kind.__module__ == __name__
    )
    if isinstance(error, EngineFailed):
        assert issubclass(own, EngineFailed)
        return own(str(error), str(getattr(error, "details", "")))
    return own(str(error))
