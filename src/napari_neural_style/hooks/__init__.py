"""How other packages extend this one: specs, hook specifications and the registry.

Nothing here imports TensorFlow or Qt, since extensions are also loaded in napari's process. They
register light records; the engine process calls the functions that the records name.
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

__all__ = ["hookimpl", "FeatureNetworkSpec", "NetworkRequest", "StyleLossSpec", "ContentLossSpec"]
__all__ += ["Preset", "RunInfo", "Extensions", "Problem", "extensions"]
