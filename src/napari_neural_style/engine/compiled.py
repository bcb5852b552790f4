"""Compiled objectives, kept from run to run: a warm run starts without tracing anything."""

from __future__ import annotations

import json
from collections import OrderedDict

from napari_neural_style.engine.objective import Objective
from napari_neural_style.engine.vgg import VGG19, VGGWeights
from napari_neural_style.errors import WeightsError
from napari_neural_style.settings import Settings

__all__ = ["compiled_objective"]

_KEPT = 3
_COMPILED_IN = (
    "optimizer",
    "content_layers",
    "style_layers",
    "style_loss",
    "loss_scale",
    "pooling",
    "padding",
    "beta_1",
    "beta_2",
    "epsilon",
    "averaging",
)
_objectives: OrderedDict[tuple[str, ...], Objective] = OrderedDict()


def compiled_objective(
    weights: VGGWeights,
    key: str,
    settings: Settings,
    device: str,
    precision: str,
    *,
    anchored: bool = False,
    guides: int = 0,
) -> Objective:
    """Return the objective for these settings, the one of an earlier run if it is the same.

    Parameters
    ----------
    weights : VGGWeights
    key : str
        Tells these weights from others.
    settings : Settings
    device, precision : str
        As `napari_neural_style.engine.device` picks them.
    anchored, guides
        As for `Objective`.

    Raises
    ------
    WeightsError
        If the weights lack a layer that is asked for.
    """
    values = json.dumps([anchored, guides, *(getattr(settings, name) for name in _COMPILED_IN)])
    identity = (key, device, precision, values)
    if identity not in _objectives:
        content_layers = settings.content_layers or weights.content_layers
        for name in {**content_layers, **(settings.style_layers or weights.style_layers)}:
            if name not in weights.kernels:
                raise WeightsError(
                    f"{weights.title} has no layer {name}: choose other layers or other weights."
                )
        network = VGG19(
            weights, pooling=settings.pooling, padding=settings.padding, precision=precision
        )
        on_gpu = not device.startswith("/CPU")
        _objectives[identity] = Objective(
            network, settings, xla=on_gpu, anchored=anchored, guides=guides
        )
        while len(_objectives) > _KEPT:
            _objectives.popitem(last=False)
    _objectives.move_to_end(identity)
    return _objectives[identity]
