"""Four small paintings around what was asked, to choose one from. Qt-free."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from napari_neural_style.errors import EngineFailed, NeuralStyleError
from napari_neural_style.job import Engine
from napari_neural_style.presets.catalogue import describe
from napari_neural_style.progress import Progress
from napari_neural_style.settings import Settings
from napari_neural_style.tasks.layer_tasks import LayerTasks
from napari_neural_style.tasks.request import Request

if TYPE_CHECKING:
    from napari.components import ViewerModel

__all__ = ["Variation", "painted", "small", "variations"]

#: Longest side of a small painting, and its steps at most.
_SIZE, _STEPS, _COARSEST = 160, 40, 64
_LARGER_STROKES, _MORE, _LESS = 1.6, 0.2, 0.2


@dataclass(frozen=True)
class Variation:
    """Settings that differ from others in one respect.

    Parameters
    ----------
    title : str
        In which.
    settings : Settings
        For the full size.
    """

    title: str
    settings: Settings


def variations(settings: Settings) -> list[Variation]:
    """Return four: another seed, other strokes, another strength, other colours.

    Examples
    --------
    >>> from napari_neural_style import Settings
    >>> [found.title for found in variations(Settings())]
    ['from noise, seed 1', 'stroke size 1.6', 'style strength 0.7', 'colours of the content']
    """
    seed = settings.seed + 1 if settings.seed < describe("seed")["maximum"] else settings.seed - 1
    scale = settings.style_scale * _LARGER_STROKES
    scale = round(scale if scale <= 4 else settings.style_scale / _LARGER_STROKES, 2)
    strength = settings.style_strength
    strength = round(strength + _MORE if strength + _MORE <= 1 else strength - _LESS, 2)
    color = "content" if settings.color == "style" else "style"
    return [
        # From the content, the same picture comes out whatever the seed.
        Variation(f"from noise, seed {seed}", settings.replace(init="noise", seed=seed)),
        Variation(f"stroke size {scale:g}", settings.replace(style_scale=scale)),
        Variation(f"style strength {strength:g}", settings.replace(style_strength=strength)),
        Variation(f"colours of the {color}", settings.replace(color=color)),
    ]


def small(viewer: ViewerModel, request: Request, variation: Variation) -> LayerTasks:
    """Return what is to be painted for a thumbnail; the layers are read now.

    Raises
    ------
    NeuralStyleError
        If it cannot be painted.
    """
    full = variation.settings
    settings = full.replace(
        size=min(full.size, _SIZE),
        steps=min(full.steps, _STEPS),
        smallest_scale=min(full.smallest_scale, _COARSEST),
        result_size="painted",
    )
    init = request.init if settings.init == "image" else None
    return LayerTasks.of(viewer, request.replace(settings=settings, init=init))


def painted(tasks: LayerTasks, engine: Engine) -> Generator[NDArray[np.uint8] | None]:
    """Paint one; in any thread. Waits for the end of a run that is at work.

    Yields
    ------
    ndarray of uint8, or None
        The picture so far; None while there is nothing new.

    Raises
    ------
    NeuralStyleError
        If it could not be painted.
    """
    task, placement = tasks.current()
    try:
        for update in engine.stylize_steps(task.job):
            picture: Any = None
            if isinstance(update, Progress):
                picture = placement.picture(update.image)
            yield picture
    except NeuralStyleError:
        raise
    except Exception as error:
        raise EngineFailed(f"The run failed with {type(error).__name__}: {error}") from error
