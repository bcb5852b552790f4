"""How other packages extend this one: records, hook specifications, and who has registered what.

Nothing in here imports TensorFlow or Qt: extensions are loaded in napari's own process as well.
They hand in light records; the engine process calls what the records name.
"""

from napari_neural_style.hooks.hookspecs import hookimpl
from napari_neural_style.hooks.manager import Extensions, Problem, extensions
from napari_neural_style.hooks.specs import (
    ContentLossSpec,
    FeatureNetworkSpec,
    NetworkRequest,
    Preset,
    RunInfo,
    StyleLossSpec,
)

__all__ = [
    "hookimpl",
    "FeatureNetworkSpec",
    "NetworkRequest",
    "StyleLossSpec",
    "ContentLossSpec",
    "Preset",
    "RunInfo",
    "Extensions",
    "Problem",
    "extensions",
]
