"""Compiled objectives, kept from run to run: a warm run starts without tracing anything."""

from __future__ import annotations

import json
from collections import OrderedDict

from napari_neural_style.engine.features import FeatureNetwork
from napari_neural_style.engine.objective import Objective
from napari_neural_style.settings import Settings

__all__ = ["compiled_objective"]

_KEPT = 3
_COMPILED_IN = (
    "optimizer",
    "content_layers",
    "style_layers",
    "style_loss",
    "content_loss",
    "loss_scale",
    "beta_1",
    "beta_2",
    "epsilon",
    "averaging",
)
_objectives: OrderedDict[tuple[int | str, ...], tuple[FeatureNetwork, Objective]] = OrderedDict()


def compiled_objective(
    network: FeatureNetwork,
    settings: Settings,
    device: str,
    *,
    anchored: bool = False,
    guides: int = 0,
) -> Objective:
    """Return the objective for these settings, the one of an earlier run if it is the same.

    Parameters
    ----------
    network : FeatureNetwork
        Told from others by identity: pooling, padding and precision are its own.
    settings : Settings
        With all feature layers named.
    device : str
        As `napari_neural_style.engine.device` picks it.
    anchored, guides
        As for `Objective`.

    Raises
    ------
    ExtensionError, SettingsError
        If a loss cannot be loaded, or does not go with the optimiser.
    """
    values = json.dumps([anchored, guides, *(getattr(settings, name) for name in _COMPILED_IN)])
    identity = (id(network), device, values)
    if identity not in _objectives:
        on_gpu = not device.startswith("/CPU")
        # The network is kept as well: its number must not become another's.
        objective = Objective(network, settings, xla=on_gpu, anchored=anchored, guides=guides)
        _objectives[identity] = network, objective
        while len(_objectives) > _KEPT:
            _objectives.popitem(last=False)
    _objectives.move_to_end(identity)
    return _objectives[identity][1]
