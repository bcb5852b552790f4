"""The engine: losses, optimiser, pyramid. TensorFlow lives here and nowhere else.

It knows nothing of napari or Qt. `stylize_steps` is all that the rest of the package calls.
"""

from napari_neural_style.engine.run import stylize_steps

__all__ = ["stylize_steps"]
