"""The engine: losses, optimiser, pyramid. TensorFlow lives here and nowhere else.

It knows nothing of napari or Qt. `stylize_steps` and `learn_steps` are all that the rest of the
package calls.
"""

from napari_neural_style.engine.look_learning import learn_steps
from napari_neural_style.engine.run import stylize_steps

__all__ = ["learn_steps", "stylize_steps"]
