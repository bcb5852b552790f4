"""Paint the strips of docs/controls.md: one picture for each of three values of a control.

python docs/make_control_pictures.py                  # all of them, into docs/pictures
python docs/make_control_pictures.py steps tv_weight  # some of them
"""

from __future__ import annotations

import argparse
import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from tqdm import tqdm

from napari_neural_style import stylize
from napari_neural_style.pictures.contact_sheet import contact_sheet
from napari_neural_style.presets.catalogue import settings as preset_settings
from napari_neural_style.sample_data import load

#: Everything that a strip does not vary. The built-in network needs no download.
COMMON: dict[str, Any] = {"features": "builtin", "size": 256, "result_size": "painted"}
#: For those that say enough when they are small.
SMALL: dict[str, Any] = {"preset": "preview", "size": 192}
#: Where it is the content that shows the difference.
SHAPES: dict[str, Any] = {"preset": "preview", "style_strength": 0.35}
_SHALLOW = {"block1_conv1": 1.0, "block2_conv1": 1.0}
_DEEP = {"block4_conv1": 1.0, "block5_conv1": 1.0}

#: By file name: caption and settings of each picture.
STRIPS: dict[str, dict[str, dict[str, Any]]] = {
    "preset": {name: {"preset": name} for name in ("faithful", "balanced", "bold")},
    "style_strength": {f"style_strength={x}": {"style_strength": x} for x in (0.15, 0.5, 0.85)},
    "style_scale": {f"style_scale={x}": {"style_scale": x} for x in (0.4, 1.0, 2.0)},
    "tv_weight": {f"tv_weight={x}": {**SMALL, "tv_weight": x} for x in (0.0, 0.2, 5.0)},
    "size": {f"size={n}": {**SMALL, "size": n} for n in (64, 128, 192)},
    "content_layers": {
        f"content_layers={{'{layer}': 3}}": {**SHAPES, "content_layers": {layer: 3.0}}
        for layer in ("block1_conv2", "block3_conv2", "block5_conv2")
    },
    "steps": {f"steps={n}": {**SMALL, "steps": n} for n in (10, 50, 120)},
    "neighbors": {
        "style_loss='moments', the default": {"steps": 200},
        "style_loss='neighbors'": {"steps": 200, "style_loss": "neighbors"},
        "the same with finish_steps=30: masterpiece": {"preset": "masterpiece"},
    },
    "style_layers": {
        "style_layers: block1 and block2": {**SMALL, "style_layers": _SHALLOW},
        "style_layers: what suits the network": SMALL,
        "style_layers: block4 and block5": {**SMALL, "style_layers": _DEEP},
    },
}


def main() -> None:
    """Paint the strips that are asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("strips", nargs="*", metavar="STRIP", help=", ".join(STRIPS))
    parser.add_argument("--output", type=Path, default=Path(__file__).parent / "pictures")
    given = parser.parse_args()
    given.output.mkdir(exist_ok=True)
    for name in tqdm(given.strips or STRIPS):
        sheet = contact_sheet(_varied(STRIPS[name]), columns=3, cell=256)
        Image.fromarray(sheet).save(given.output / f"{name}.jpg", quality=85, optimize=True)


def _varied(values: dict[str, dict[str, Any]]) -> list[tuple[NDArray[np.uint8], str]]:
    return [(_painted(json.dumps(settings)), caption) for caption, settings in values.items()]


@cache
def _painted(settings: str) -> NDArray[np.uint8]:
    """Paint the town by the night; once, where a value is the default and stands in many strips."""
    given = json.loads(settings)
    usual = preset_settings(given.get("preset", "balanced"))
    changed = {k: v for k, v in given.items() if k == "preset" or v != getattr(usual, k)}
    if changed != given:
        return _painted(json.dumps(changed))
    return stylize(load("harbour_town"), load("swirling_night"), **{**COMMON, **given})


if __name__ == "__main__":
    main()
