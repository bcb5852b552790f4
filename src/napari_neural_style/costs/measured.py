"""What a network costs on this machine: measured by earlier runs, or else by its feature maps."""

from __future__ import annotations

import contextlib
import json
import math
import os
import platform
from collections.abc import Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, TypeGuard

import platformdirs

from napari_neural_style.costs.model import Joint, NetworkCosts
from napari_neural_style.hooks.manager import extensions
from napari_neural_style.hooks.specs import StyleLossSpec
from napari_neural_style.safe_files import write_json
from napari_neural_style.settings import Settings

__all__ = ["expected_costs", "known_costs", "measured_costs", "remember_costs"]
__all__ += ["finish_seconds", "remember_finish", "remember_pace"]

#: Bytes of a feature map's value, with what a step needs beside it: padded copies, gradients, the
#: tiles of Winograd's algorithm. Measured by ``benchmarks/tiling.py``, on the careful side.
_BYTES_PER_VALUE = {"float32": 5.0, "auto": 5.0, "bfloat16": 4.0}
#: What decides the costs of a network, besides the machine; of ``weights``, only the kind.
_DECISIVE = (
    "features",
    "pooling",
    "padding",
    "precision",
    "device",
    "content_layers",
    "style_layers",
)

#: Where the time of the finish is kept, of each device.
_FINISH = "finish "
#: What is kept of what was measured; the rest follows from the network.
_KEPT = tuple(field.name for field in fields(NetworkCosts) if field.compare)


def known_costs(settings: Settings) -> NetworkCosts | None:
    """Return what a network costs here: as measured, or else as is to be expected.

    None if neither is known: of an extension's network, before its first run.
    """
    measured, expected = measured_costs(settings), expected_costs(settings)
    if measured or expected is None:
        return measured
    loss = _style_loss(settings)
    if _has_its_own_costs(loss) and not _entry(settings):
        other = known_costs(settings.replace(style_loss="auto"))
        pace = other.seconds_per_pixel if other else None
        return replace(expected, seconds_per_pixel=loss.time * pace if pace else None)
    entry = _entry(settings)
    # With more in it, it is damaged: nothing of it is to be believed.
    pace = entry["seconds_per_pixel"] if {*entry} == {"seconds_per_pixel"} else None
    return replace(expected, seconds_per_pixel=pace) if _is_pace(pace) else expected


def expected_costs(
    settings: Settings, density: Mapping[str, float] | None = None
) -> NetworkCosts | None:
    """Return what a network is expected to cost, from the sizes of its feature maps.

    Parameters
    ----------
    settings : Settings
    density : dict of str to float, optional
        As in `FeatureNetworkSpec`, where it is known better.
    """
    spec = extensions().feature_networks.get(settings.features)
    density = density or (spec.density if spec else {})
    if spec is None or not density:
        return None
    layers = list(density)
    named = [n for n in (*settings.content_layers, *settings.style_layers) if n in layers]
    # Where the settings name no layers, the network's own choice can go as deep as it gets.
    through = max(map(layers.index, named)) if named else len(layers) - 1
    held = [density[n] for n in settings.content_layers if n in layers]
    tiles = extensions().content_losses[settings.content_loss].tiles
    larger = _style_loss(settings).memory
    return NetworkCosts(
        larger * _BYTES_PER_VALUE[settings.precision] * sum(list(density.values())[: through + 1]),
        (2.0 if settings.precision == "bfloat16" else 4.0) * (sum(held) or _USUAL_CONTENT),
        spec.margin if tiles else 0,
        joints=_joints(settings, density, through) if tiles else (),
    )


def _style_loss(settings: Settings) -> StyleLossSpec:
    """Return the style loss; for that of the network's choice one that takes as much as most do."""
    losses = extensions().style_losses
    return losses.get(settings.style_loss, losses["gram"])


def _has_its_own_costs(loss: StyleLossSpec) -> bool:
    return (loss.memory, loss.time) != (1.0, 1.0)


def _joints(settings: Settings, density: Mapping[str, float], through: int) -> tuple[Joint, ...]:
    """Return where a network can be taken apart, from the sizes of its feature maps."""
    margins = extensions().feature_networks[settings.features].joints
    if not _style_loss(settings).layer_by_layer:
        return ()
    layers, values = list(density), list(density.values())
    found = []
    for layer, margin in margins.items():
        at = layers.index(layer) if layer in layers else through + 1
        if at <= through:
            share = sum(values[:at]) / sum(values[: through + 1])
            # As small as the map that comes out, with the channels of the one before.
            entering = values[at - 1] / _SHRUNK
            found.append(Joint(layer, margin, share, _BYTES_IN_JOINT * entering))
    return tuple(found)


#: How many times fewer places a feature map has behind a joint than before.
_SHRUNK = 4
#: Bytes for each value of the map that goes into a joint: its pieces, itself, its gradient.
_BYTES_IN_JOINT = 16.0
#: Values per pixel of the content's feature maps where the settings do not name any.
_USUAL_CONTENT = 8.0


def remember_costs(settings: Settings, costs: NetworkCosts) -> None:
    """Keep what a network was measured to cost; where there is no cache folder, it is forgotten."""
    _keep(_key(settings), {n: v for n in _KEPT if (v := getattr(costs, n)) is not None})


def remember_pace(settings: Settings, seconds_per_pixel: float) -> None:
    """Keep how long a network takes, where no picture was large enough to tell its memory."""
    if measured_costs(settings) is not None:
        return
    _keep(_key(settings), {"seconds_per_pixel": seconds_per_pixel})


def remember_finish(settings: Settings, device: str, seconds_per_pixel: float) -> None:
    """Keep how long a step of the finish takes, whatever the network.

    Parameters
    ----------
    settings : Settings
    device : str
        TensorFlow's name of the device that it was.
    seconds_per_pixel : float
        For each region with styles of its own.
    """
    kind = "cpu" if "CPU" in device.upper() else settings.device
    _keep(_FINISH + kind, {"seconds_per_pixel": seconds_per_pixel})


def finish_seconds(shape: tuple[int, int], settings: Settings) -> float:
    """Return how long the finish of a picture, with its margins, of that size will take.

    It counts as nothing before one has been measured on this machine.
    """
    for device in (settings.device, *(["cpu"] if settings.device == "auto" else [])):
        pace = _read_entry(_FINISH + device).get("seconds_per_pixel")
        if _is_pace(pace):
            return float(settings.finish_steps * math.prod(shape) * pace)
    return 0.0


def measured_costs(settings: Settings) -> NetworkCosts | None:
    """Return what earlier runs on this machine were measured to cost; None before the first."""
    found = _entry(settings)
    values = {n: v for n, v in found.items() if n in _KEPT}
    if not all(isinstance(v, int | float) and 0 <= v < math.inf for v in values.values()):
        return None
    if "bytes_per_pixel" not in values:
        return None
    expected = expected_costs(settings)
    return NetworkCosts(**values, joints=expected.joints if expected else ())


def _entry(settings: Settings) -> Mapping[str, Any]:
    """Return what is kept of a network; nothing if that is nothing, or damaged."""
    return _read_entry(_key(settings))


def _is_pace(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and 0 < value < math.inf


def _read_entry(key: str) -> Mapping[str, Any]:
    found = _read().get(_machine())
    found = found.get(key) if isinstance(found, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def _keep(key: str, entry: Mapping[str, float]) -> None:
    known, here = _read(), _machine()
    before = known.get(here)
    known[here] = {**(before if isinstance(before, Mapping) else {}), key: dict(entry)}
    with contextlib.suppress(OSError):
        write_json(_file(), known)


def _key(settings: Settings) -> str:
    values = {name: getattr(settings, name) for name in _DECISIVE}
    if _has_its_own_costs(_style_loss(settings)):
        values["style_loss"] = settings.style_loss
    if settings.features == "vgg19":
        own = settings.weights in ("auto", "imagenet")
        values["weights"] = settings.weights if own else "file"
    return json.dumps(values, sort_keys=True)


def _machine() -> str:
    return f"{platform.node()} {platform.machine()} {os.cpu_count()}"


def _file() -> Path:
    return platformdirs.user_cache_path("napari-neural-style") / "costs.json"


def _read() -> dict[str, Any]:
    with contextlib.suppress(OSError, ValueError):
        found = json.loads(_file().read_text("utf-8"))
        if isinstance(found, dict):
            return found
    return {}
