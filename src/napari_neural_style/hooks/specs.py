"""What extensions hand in: light records that any process can hold."""

from __future__ import annotations

import pkgutil
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from napari_neural_style.control import Control

if TYPE_CHECKING:
    from napari_neural_style.settings import Settings

__all__ = [
    "ContentLossSpec",
    "FeatureNetworkSpec",
    "NetworkRequest",
    "Preset",
    "RunInfo",
    "StyleLossSpec",
    "resolved",
]

#: ``"module:function"``, imported when it is called, or the function itself.
Loader = str | Callable[..., Any]


@dataclass(frozen=True)
class NetworkRequest:
    """What the engine wants to know a network for; hashable, so that loaders can be cached.

    Parameters
    ----------
    weights : str
        As in `Settings.weights`; meant for VGG19, others may use a path given there.
    pooling, padding : str
        As in `Settings.pooling` and `Settings.padding`, for networks that have the choice.
    precision : {"float32", "bfloat16"}
        The arithmetic that is faster on this device, or was asked for.
    device : str
        TensorFlow's name of the device, as ``"/CPU:0"``.
    exact : bool
        Whether losses are absolute, so that the scale of the feature maps matters.
    control : Control
        Its `checkpoint` raises `Cancelled` once the user has cancelled; call it while loading
        takes long. Not part of what makes two requests equal.
    """

    weights: str = "auto"
    pooling: str = "auto"
    padding: str = "edge"
    precision: str = "float32"
    device: str = "/CPU:0"
    exact: bool = False
    control: Control = field(default_factory=Control, compare=False)


@dataclass(frozen=True)
class FeatureNetworkSpec:
    """A feature network that can be chosen.

    Parameters
    ----------
    name : str
        What `Settings.features` calls it.
    title : str
        What the widget calls it.
    description : str
        One sentence: what it is good for.
    load : str or callable
        ``"module:function"``, or the function; called with a `NetworkRequest` in the engine
        process, where TensorFlow may be imported. It returns an object with everything that
        `napari_neural_style.engine.features.FeatureNetwork` describes, or is a generator that
        yields a `Notice` now and then and returns the network. When it returns the same object
        for the same request (``functools.lru_cache``), warm runs start without compiling.
    layers : tuple of str
        The names of its feature layers, where they are known before it is loaded: settings that
        name others are then refused at once, not only when the run begins.
    """

    name: str
    title: str
    description: str
    load: Loader
    layers: tuple[str, ...] = ()


@dataclass(frozen=True)
class StyleLossSpec:
    """A style statistic that can be chosen.

    Parameters
    ----------
    name : str
        What `Settings.style_loss` calls it.
    description : str
        One sentence: what of the style it matches.
    load : str or callable
        ``"module:function"``, or the function; called without arguments in the engine process. It
        returns a `napari_neural_style.engine.statistic.Statistic`.
    """

    name: str
    description: str
    load: Loader


@dataclass(frozen=True)
class ContentLossSpec:
    """A content loss that can be chosen.

    Parameters
    ----------
    name : str
        What `Settings.content_loss` calls it.
    description : str
        One sentence: what of the content it holds.
    load : str or callable
        ``"module:function"``, or the function; called without arguments in the engine process. It
        returns a function with the signature of `napari_neural_style.engine.losses.content_loss`:
        of a feature map, the content's, and ``relative``.
    """

    name: str
    description: str
    load: Loader


@dataclass(frozen=True)
class Preset:
    """A recipe: what it is good for, and where it differs from the defaults of `Settings`."""

    description: str
    values: dict[str, Any]


@dataclass(frozen=True)
class RunInfo:
    """Which run an observer is told about.

    Parameters
    ----------
    name : str
        That of the result layer, or ``"stylize"`` for arrays.
    settings : Settings
    """

    name: str
    settings: Settings


def resolved(load: Loader) -> Callable[..., Any]:
    """Return the function that a record names, importing its module.

    Raises
    ------
    ImportError, AttributeError, ValueError
        If there is none.
    TypeError
        If what is there cannot be called.
    """
    found = pkgutil.resolve_name(load) if isinstance(load, str) else load
    if not callable(found):
        raise TypeError(f"{load!r} is no function")
    return found
