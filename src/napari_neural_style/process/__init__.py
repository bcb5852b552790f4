"""The engine in a process of its own.

With a Mesa OpenGL context, as every napari window has on most Linux machines, importing TensorFlow
into the same process is a segmentation fault. A child process cures that, keeps the window smooth,
can be cancelled whatever it is doing, and gives its memory back.
"""

from napari_neural_style.process.client import EngineProcess, engine_process

__all__ = ["EngineProcess", "engine_process"]
