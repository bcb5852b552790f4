"""The finish of a run: what the user hears of it, and how long it takes on this machine."""

from __future__ import annotations

import math
from collections.abc import Generator

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from napari_neural_style.control import Control
from napari_neural_style.costs.measured import remember_finish
from napari_neural_style.engine.clock import Clock
from napari_neural_style.engine.finisher import Finisher
from napari_neural_style.engine.scale_inputs import ScaleInputs
from napari_neural_style.progress import Notice
from napari_neural_style.settings import Settings

__all__ = ["finishing"]

#: After so many seconds of it, and then as often, the user hears how far it is.
_TOLD_EVERY = 2.0
#: Time is told by the steps after the first ones, which trace, of pictures of so many pixels.
_FIRST, _ENOUGH_PIXELS = 3, 150_000


def finishing(
    image: NDArray[np.float32],
    inputs: ScaleInputs,
    settings: Settings,
    device: str,
    clock: Clock,
    control: Control,
) -> Generator[Notice, None, NDArray[np.float32]]:
    """Finish a picture as the settings say, and return it; where that is slow, say how far it is.

    Parameters
    ----------
    image : ndarray of float32, shape (1, H, W, 3)
        It is changed.
    inputs : ScaleInputs
    settings : Settings
    device : str
        That TensorFlow is to use.
    clock : Clock
    control : Control
        Here the run can pause or be cancelled.

    Raises
    ------
    Cancelled
    """
    finisher = Finisher(image, inputs, settings.finish_steps, settings.seed)
    warm = told = clock.seconds
    for done in range(1, settings.finish_steps + 1):
        clock.pause(control.checkpoint())
        try:
            with tf.device(device):
                finisher.step()
        except tf.errors.ResourceExhaustedError:
            yield Notice(
                f"The memory ran out at finishing step {done} of {settings.finish_steps}: the "
                f"picture stays as it was by then.",
                important=True,
            )
            return finisher.picture()
        if done == _FIRST:
            warm = clock.seconds
        if clock.seconds - told > _TOLD_EVERY:
            told = clock.seconds
            yield Notice("Finishing the brushwork.", fraction=done / settings.finish_steps)
    pixels = math.prod(image.shape[1:3])
    if done > _FIRST and pixels >= _ENOUGH_PIXELS:
        work = (done - _FIRST) * pixels * len(inputs.regions)
        remember_finish(settings, device, (clock.seconds - warm) / work)
    return finisher.picture()
