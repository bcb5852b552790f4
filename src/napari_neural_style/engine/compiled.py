"""Compiled objectives, kept from run to run: a warm run starts without tracing anything."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

from napari_neural_style.engine.features import FeatureNetwork
from napari_neural_style.engine.objective import Objective
from napari_neural_style.engine.tiled import TiledObjective
from napari_neural_style.settings import Settings

__all__ = ["compiled_objective"]

#: The settings that an objective is compiled for; the others may differ from run to run.
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


def compiled_objective(
    network: FeatureNetwork,
    settings: Settings,
    device: str,
    *,
    anchored: bool = False,
    guides: int = 0,
    graded: bool = False,
    tiled: bool = False,
    joint: str = "",
    in_place: bool = False,
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
    anchored, guides, graded
        As for `Objective`.
    tiled : bool
        Whether pictures are computed tile by tile: then it is a `TiledObjective`.
    joint, in_place
        As for `TiledObjective`.

    Raises
    ------
    ExtensionError, SettingsError
        If a loss cannot be loaded, or does not go with the optimiser.
    """
    values = json.dumps({name: getattr(settings, name) for name in _COMPILED_IN})
    # Networks are told apart by identity, which mypy doesn't see.
    shape = (anchored, guides, graded)
    return _compiled(network, values, device, shape, tiled, joint, in_place)  # type: ignore[arg-type]


# A large run has two: the whole pictures of its coarse scales, and the tiles of the fine ones.
@lru_cache(maxsize=4)
def _compiled(
    network: FeatureNetwork,
    values: str,
    device: str,
    shape: tuple[bool, int, bool],
    tiled: bool,
    joint: str,
    in_place: bool,
) -> Objective:
    anchored, guides, graded = shape
    options: dict[str, Any] = {"anchored": anchored, "guides": guides, "graded": graded}
    settings, on_gpu = Settings(**json.loads(values)), not device.startswith("/CPU")
    if tiled:
        return TiledObjective(network, settings, joint=joint, in_place=in_place, **options)
    return Objective(network, settings, xla=on_gpu, **options)
