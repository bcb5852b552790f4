"""The records that extensions register, light enough for any process."""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from napari_neural_style.control import Control

if TYPE_CHECKING:
    from napari_neural_style.settings import Settings

__all__ = ["ContentLossSpec", "FeatureNetworkSpec", "NetworkRequest", "Preset", "RunInfo"]
__all__ += ["StyleLossSpec", "resolved"]

#: ``"module:function"``, imported when called, or the function itself.
Loader = str | Callable[..., Any]


@dataclass(frozen=True)
class NetworkRequest:
    """The options for loading a network; hashable, so that loaders can be cached.

    Parameters
    ----------
    weights : str
        As in `Settings.weights`; meant for VGG19, but other networks may use the path.
    pooling, padding : str
        As in `Settings.pooling` and `Settings.padding`, for networks that have the choice.
    precision : {"float32", "bfloat16"}
        The arithmetic that was chosen or is faster on this device.
    device : str
        TensorFlow's name of the device, such as ``"/CPU:0"``.
    exact : bool
        Whether losses are absolute, so that the scale of the feature maps matters.
    control : Control
        Its `checkpoint` raises `Cancelled` once the user has cancelled; call it during long
        loading. Ignored when requests are compared.
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
    """A feature network.

    Parameters
    ----------
    name : str
        Its name in `Settings.features`.
    title : str
        Its name in the widget.
    description : str
        One sentence: what it is good for.
    load : str or callable
        ``"module:function"``, or the function; called with a `NetworkRequest` in the engine
        process, where TensorFlow may be imported. It returns an object like
        `napari_neural_style.engine.features.FeatureNetwork`, or is a generator that yields `Notice`
        objects and returns the network. If it returns the same object for the same request
        (``functools.lru_cache``), later runs start without compiling.
    layers : tuple of str
        The names of its feature layers, if known before loading: settings that name others are
        then refused at once, not only when the run begins.
    density : dict of str to float
        How many values each feature layer has for each pixel of the picture, channels over the
        square of its stride, in order: from this, memory is estimated before the first run.
    margin : int
        How many pixels around a tile of the picture its feature maps see at most; 0 if it has no
        ``receptive_field`` (see `napari_neural_style.engine.features.FeatureNetwork`).
    joints : dict of str to int
        If it has ``stem`` and ``rest`` (see there): the layers before which it can be taken apart,
        and how many pixels around a tile each sees at most.
    """

    name: str
    title: str
    description: str
    load: Loader
    layers: tuple[str, ...] = ()
    density: Mapping[str, float] = field(default_factory=dict, compare=False)
    margin: int = 0
    joints: Mapping[str, int] = field(default_factory=dict, compare=False)


@dataclass(frozen=True)
class StyleLossSpec:
    """A style statistic.

    Parameters
    ----------
    name : str
        Its name in `Settings.style_loss`.
    description : str
        One sentence: what of the style it matches.
    load : str or callable
        ``"module:function"``, or the function; called without arguments in the engine process. It
        returns a `napari_neural_style.engine.statistic.Statistic`.
    memory, time : float
        How many times more it takes, for each pixel, than Gram matrices do: from these, both are
        estimated before the first run.
    layer_by_layer : bool
        Whether it compares the feature maps of one layer at a time. If not, the network is not
        taken apart at its joints.
    """

    name: str
    description: str
    load: Loader
    memory: float = 1.0
    time: float = 1.0
    layer_by_layer: bool = True


@dataclass(frozen=True)
class ContentLossSpec:
    """A content loss.

    Parameters
    ----------
    name : str
        Its name in `Settings.content_loss`.
    description : str
        One sentence: what of the content it holds.
    load : str or callable
        ``"module:function"``, or the function; called without arguments in the engine process. It
        returns a function with the signature of `napari_neural_style.engine.losses.content_loss`:
        the picture's feature map, the content's, and ``relative``.
    tiles : bool
        Whether pictures can be painted tile by tile with it: its absolute form is a mean over the
        places of a feature map, and its relative form is that divided by its value for a map of
        zeros.
    """

    name: str
    description: str
    load: Loader
    tiles: bool = False


@dataclass(frozen=True)
class Preset:
    """A preset: what it is good for, and its differences from the defaults of `Settings`."""

    description: str
    values: dict[str, Any]


@dataclass(frozen=True)
class RunInfo:
    """The run that an observer is called for.

    Parameters
    ----------
    name : str
        Name of the result layer, or ``"stylize"`` for arrays.
    settings : Settings
    """

    name: str
    settings: Settings


def resolved(load: Loader) -> Callable[..., Any]:
    """Return the function that a record names, importing its module.

    Raises
    ------
    ImportError, AttributeError, ValueError
        If it does not exist.
    TypeError
        If it is not callable.
    """
    found = pkgutil.resolve_name(load) if isinstance(load, str) else load
    if not callable(found):
        raise TypeError(f"{load!r} is no function")
    return found
