"""The finish of a run: what the user hears of it, and how long it takes on this machine."""

from __future__ import annotations

from collections.abc import Generator

import tensorflow as tf

from napari_neural_style.control import Control
from napari_neural_style.costs.measured import remember_finish
from napari_neural_style.engine.clock import Clock
from napari_neural_style.engine.finisher import Finisher
from napari_neural_style.engine.scale_inputs import ScaleInputs
from napari_neural_style.progress import Notice
from napari_neural_style.settings import Settings

__all__ = ["finish_steps"]

#: After so many seconds of it, and then as often, the user hears how far it is.
_TOLD_EVERY = 2.0
#: Pixels in all steps that are enough to tell the time of one.
_ENOUGH = 2**22


def finish_steps(
    image: tf.Tensor,
    inputs: ScaleInputs,
    settings: Settings,
    device: str,
    clock: Clock,
    control: Control,
) -> Generator[Notice, None, tf.Tensor]:
    """Finish a picture as the settings say, and return it; where that is slow, say how far it is.

    Parameters
    ----------
    image : tensor of float32, shape (1, H, W, 3)
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
    if not settings.finish_steps:
        return image
    with tf.device(device):
        finisher = Finisher(image, inputs, settings.finish_steps, settings.seed)
    begun = told = clock.seconds
    for done in range(1, settings.finish_steps + 1):
        clock.pause(control.checkpoint())
        with tf.device(device):
            finisher.step()
        if clock.seconds - told > _TOLD_EVERY:
            told = clock.seconds
            yield Notice("Finishing the brushwork.", fraction=done / settings.finish_steps)
    with tf.device(device):
        picture = finisher.picture()
    pixels = settings.finish_steps * image.shape[1] * image.shape[2]
    if pixels >= _ENOUGH:
        remember_finish(settings, (clock.seconds - begun) / pixels)
    return picture
