"""Feature networks side by side: the built-in one, VGG19, and students that are being trained.

    python benchmarks/networks.py --weights vgg19.h5 --pair photo.jpg painting.jpg --sheet sheet.jpg

Every network paints the sample pairs, and those named, with one preset; the judges of `metrics`
look at the pictures. With the files named as ``--student`` it is done as with the built-in network.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
from common import PAIRS, add_weights_option, image, machine
from metrics import Judge

from napari_neural_style.engine import stylize_steps
from napari_neural_style.engine.builtin_network import builtin_weights
from napari_neural_style.engine.weights import read_weights
from napari_neural_style.job import Job
from napari_neural_style.pictures.files import write_image
from napari_neural_style.pictures.images import FloatImage, from_rgb, resize
from napari_neural_style.presets import catalogue as presets
from napari_neural_style.progress import Progress

_FIGURES = ("paint", "patches", "edges", "checker")


def main() -> None:
    """Paint, judge, print a table, and draw the sheet."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_weights_option(parser)
    parser.add_argument("--size", type=int, default=320)
    parser.add_argument("--preset", default="balanced")
    parser.add_argument("--student", type=Path, nargs="*", default=[], metavar="FILE")
    parser.add_argument("--only-students", action="store_true", help="paint with nothing else")
    parser.add_argument(
        "--pair", nargs=2, action="append", default=[], metavar=("CONTENT", "STYLE")
    )
    parser.add_argument("--pairs", type=int, default=len(PAIRS), help="how many of the samples'")
    parser.add_argument("--sheet", type=Path, help="picture file: a row for each pair")
    parser.add_argument("--pictures", type=Path, help="folder to save the pictures in")
    given = parser.parse_args()
    judge = Judge(read_weights(given.weights))
    pairs = [*map(tuple, given.pair), *PAIRS[: given.pairs]]
    networks: dict[str, dict[str, Any]] = {}
    if not given.only_students:
        networks["built-in"] = {"features": "builtin"}
        networks["VGG19"] = {"weights": str(given.weights)}
    as_builtin = {
        "pooling": builtin_weights().pooling,
        "content_layers": dict(builtin_weights().content_layers),
        "style_layers": dict(builtin_weights().style_layers),
        "style_loss": builtin_weights().style_loss,
    }
    for file in given.student:
        networks[file.stem] = {"weights": str(file), **as_builtin}

    print(machine())
    print(f"{given.preset}, {given.size} px")
    print(f"{'network':20} {'pair':36} {'  '.join(_FIGURES)}  seconds")
    rows: dict[tuple[str, str], list[FloatImage]] = {pair: [] for pair in pairs}
    for name, network in networks.items():
        found: list[list[float]] = []
        for pair in pairs:
            content, style = map(image, pair)
            last = _last(content, style, given.preset, size=given.size, **network)
            figures = judge(last.image, content, style)
            found.append([*(figures[key] for key in _FIGURES), last.seconds])
            rows[pair].append(last.image)
            title = " in ".join(Path(part).stem for part in pair)
            _print(name, title, found[-1])
            if given.pictures:
                given.pictures.mkdir(parents=True, exist_ok=True)
                file = given.pictures / f"{title.replace(' ', '_')}_{name}.png"
                write_image(file, from_rgb(last.image, "uint8"))
        _print(name, "mean", np.mean(found, 0))
    if given.sheet:
        write_image(given.sheet, from_rgb(_sheet(list(rows.values())), "uint8"))


def _last(content: FloatImage, style: FloatImage, preset: str, **changes: Any) -> Progress:
    settings = presets.settings(preset, **changes)
    updates = stylize_steps(Job(content, style, settings))
    return [update for update in updates if isinstance(update, Progress)][-1]


def _print(network: str, pair: str, figures: Sequence[float]) -> None:
    *judged, seconds = figures
    columns = "  ".join(
        f"{value:{len(key)}.{2 if key == 'checker' else 3}f}"
        for key, value in zip(_FIGURES, judged, strict=True)
    )
    print(f"{network:20} {pair:36} {columns}  {seconds:7.1f}", flush=True)


def _sheet(rows: list[list[FloatImage]]) -> FloatImage:
    """Return all pictures in one, those of a pair beside each other at the height of the first."""
    height = min(picture.shape[0] for row in rows for picture in row)
    lines = [
        np.concatenate(
            [resize(p, (height, round(p.shape[1] * height / p.shape[0]))) for p in row], 1
        )
        for row in rows
    ]
    width = max(line.shape[1] for line in lines)
    return np.concatenate(
        [
            np.pad(line, ((0, 0), (0, width - line.shape[1]), (0, 0)), constant_values=1)
            for line in lines
        ]
    )


if __name__ == "__main__":
    main()
