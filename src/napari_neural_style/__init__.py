"""Neural style transfer for napari: one layer painted in the style of another.

Importing this package loads neither TensorFlow nor Qt nor napari; each name is loaded when it is
first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from napari_neural_style.api import stylize, stylize_layers
    from napari_neural_style.batches import stylize_many
    from napari_neural_style.comparing.comparison import Comparison
    from napari_neural_style.comparing.sweeps import sweep, sweep_layers
    from napari_neural_style.errors import NeuralStyleError
    from napari_neural_style.histories.history import History, history
    from napari_neural_style.presets.catalogue import PRESETS
    from napari_neural_style.presets.user_presets import (
        delete_preset,
        export_preset,
        import_preset,
        save_preset,
    )
    from napari_neural_style.progress import Notice, Progress
    from napari_neural_style.reproduction import continue_result, reproduce
    from napari_neural_style.running.queue import RunQueue, run_queue
    from napari_neural_style.running.stack_run import StackRun
    from napari_neural_style.running.style_run import StyleRun
    from napari_neural_style.settings import Settings

__all__ = [
    "stylize",
    "stylize_layers",
    "stylize_many",
    "reproduce",
    "continue_result",
    "sweep",
    "sweep_layers",
    "history",
    "History",
    "Comparison",
    "Settings",
    "PRESETS",
    "save_preset",
    "delete_preset",
    "import_preset",
    "export_preset",
    "run_queue",
    "RunQueue",
    "StyleRun",
    "StackRun",
    "Progress",
    "Notice",
    "NeuralStyleError",
    "__version__",
]

_HOMES = {
    "stylize": "api",
    "stylize_layers": "api",
    "stylize_many": "batches",
    "continue_result": "reproduction",
    "reproduce": "reproduction",
    "sweep": "comparing.sweeps",
    "sweep_layers": "comparing.sweeps",
    "Comparison": "comparing.comparison",
    "History": "histories.history",
    "history": "histories.history",
    "Settings": "settings",
    "PRESETS": "presets.catalogue",
    "save_preset": "presets.user_presets",
    "delete_preset": "presets.user_presets",
    "import_preset": "presets.user_presets",
    "export_preset": "presets.user_presets",
    "run_queue": "running.queue",
    "RunQueue": "running.queue",
    "StyleRun": "running.style_run",
    "StackRun": "running.stack_run",
    "Progress": "progress",
    "Notice": "progress",
    "NeuralStyleError": "errors",
}


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("napari-neural-style")
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
