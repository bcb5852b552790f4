"""Neural style transfer for napari: one layer painted in the style of another.

Importing this package loads neither TensorFlow nor Qt nor napari: each name is loaded on first use.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from napari_neural_style.api import stylize as stylize
    from napari_neural_style.api import stylize_layers as stylize_layers
    from napari_neural_style.batches import stylize_many as stylize_many
    from napari_neural_style.comparing.comparison import Comparison as Comparison
    from napari_neural_style.comparing.sweeps import sweep as sweep
    from napari_neural_style.comparing.sweeps import sweep_layers as sweep_layers
    from napari_neural_style.costs.estimate import Estimate as Estimate
    from napari_neural_style.enlarging import enlarge_result as enlarge_result
    from napari_neural_style.errors import NeuralStyleError as NeuralStyleError
    from napari_neural_style.estimating import estimate as estimate
    from napari_neural_style.film_painting import PaintedFilm as PaintedFilm
    from napari_neural_style.film_painting import stylize_film as stylize_film
    from napari_neural_style.film_stages import FilmProgress as FilmProgress
    from napari_neural_style.following import follow as follow
    from napari_neural_style.histories.history import History as History
    from napari_neural_style.histories.history import history as history
    from napari_neural_style.job import Engine as Engine
    from napari_neural_style.lazy_painting import paint_lazily as paint_lazily
    from napari_neural_style.learning import learn as learn
    from napari_neural_style.level_files import save_levels as save_levels
    from napari_neural_style.looks.look import Look as Look
    from napari_neural_style.presets.catalogue import PRESETS as PRESETS
    from napari_neural_style.presets.user_presets import delete_preset as delete_preset
    from napari_neural_style.presets.user_presets import export_preset as export_preset
    from napari_neural_style.presets.user_presets import import_preset as import_preset
    from napari_neural_style.presets.user_presets import save_preset as save_preset
    from napari_neural_style.printing import enlarge as enlarge
    from napari_neural_style.progress import Notice as Notice
    from napari_neural_style.progress import Progress as Progress
    from napari_neural_style.reproduction import continue_result as continue_result
    from napari_neural_style.reproduction import reproduce as reproduce
    from napari_neural_style.retouching import Retouch as Retouch
    from napari_neural_style.running.learn_run import LearnRun as LearnRun
    from napari_neural_style.running.live_look import LiveLook as LiveLook
    from napari_neural_style.running.queue import RunQueue as RunQueue
    from napari_neural_style.running.queue import run_queue as run_queue
    from napari_neural_style.running.stack_run import StackRun as StackRun
    from napari_neural_style.running.style_run import StyleRun as StyleRun
    from napari_neural_style.settings import Settings as Settings

#: The public names that each module offers.
_MODULES = {
    "api": ("stylize", "stylize_layers"),
    "estimating": ("estimate",),
    "costs.estimate": ("Estimate",),
    "batches": ("stylize_many",),
    "film_painting": ("stylize_film", "PaintedFilm"),
    "film_stages": ("FilmProgress",),
    "following": ("follow",),
    "running.live_look": ("LiveLook",),
    "learning": ("learn",),
    "lazy_painting": ("paint_lazily",),
    "level_files": ("save_levels",),
    "looks.look": ("Look",),
    "printing": ("enlarge",),
    "enlarging": ("enlarge_result",),
    "reproduction": ("reproduce", "continue_result"),
    "comparing.sweeps": ("sweep", "sweep_layers"),
    "histories.history": ("history", "History"),
    "comparing.comparison": ("Comparison",),
    "retouching": ("Retouch",),
    "settings": ("Settings",),
    "job": ("Engine",),
    "presets.catalogue": ("PRESETS",),
    "presets.user_presets": ("save_preset", "delete_preset", "import_preset", "export_preset"),
    "running.queue": ("run_queue", "RunQueue"),
    "running.style_run": ("StyleRun",),
    "running.stack_run": ("StackRun",),
    "running.learn_run": ("LearnRun",),
    "progress": ("Progress", "Notice"),
    "errors": ("NeuralStyleError",),
}
_HOMES = {name: module for module, names in _MODULES.items() for name in names}
__all__ = [*_HOMES, "__version__"]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("napari-neural-style")
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
