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
    from napari_neural_style.compare import Comparison
    from napari_neural_style.errors import NeuralStyleError
    from napari_neural_style.histories import History, history
    from napari_neural_style.presets import PRESETS
    from napari_neural_style.reproduction import reproduce
    from napari_neural_style.runs import StyleRun
    from napari_neural_style.settings import Settings
    from napari_neural_style.stacks import StackRun
    from napari_neural_style.sweeps import sweep, sweep_layers
    from napari_neural_style.user_presets import (
        delete_preset,
        export_preset,
        import_preset,
        save_preset,
    )

__all__ = [
    "stylize",
    "stylize_layers",
    "stylize_many",
    "reproduce",
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
    "StyleRun",
    "StackRun",
    "NeuralStyleError",
    "__version__",
]

_HOMES = {
    "stylize": "api",
    "stylize_layers": "api",
    "stylize_many": "batches",
    "reproduce": "reproduction",
    "sweep": "sweeps",
    "sweep_layers": "sweeps",
    "Comparison": "compare",
    "History": "histories",
    "history": "histories",
    "Settings": "settings",
    "PRESETS": "presets",
    "save_preset": "user_presets",
    "delete_preset": "user_presets",
    "import_preset": "user_presets",
    "export_preset": "user_presets",
    "StyleRun": "runs",
    "StackRun": "stacks",
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
