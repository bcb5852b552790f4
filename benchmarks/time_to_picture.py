"""Figures of the picture against wall time: the reference, the best program's recipe, and ours.

    python benchmarks/time_to_picture.py --weights vgg19.h5 --content photo.jpg --style painting.jpg

The column "objective" is the reference's own loss of the picture, "ratio" the same over that of its
last step: our preset "classic" minimises just that, by other means.
"""

from __future__ import annotations

import argparse
import math
import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import tensorflow as tf
from baselines import Frame, crowson_frames, reference_frames, reference_loss
from common import add_weights_option, image, machine, our_frames
from metrics import Judge

from napari_neural_style.engine.weights import read_weights
from napari_neural_style.pictures.files import write_image
from napari_neural_style.pictures.images import fit, from_rgb, resize


def main() -> None:
    """Run all recipes in turn, print a table and draw a figure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_weights_option(parser)
    parser.add_argument("--content", default="harbour_town", help="a sample's key or a file")
    parser.add_argument("--style", default="swirling_night", help="a sample's key or a file")
    parser.add_argument("--size", type=int, default=320)
    parser.add_argument("--reference-steps", type=int, default=1000)
    parser.add_argument("--crowson-steps", type=int, nargs=2, default=(150, 100))
    parser.add_argument("--recipes", nargs="*", help="run these alone; by default all")
    parser.add_argument(
        "--goal",
        type=float,
        nargs=2,
        metavar=("PAINT", "EDGES"),
        default=(0.050, 0.67),
        help="figures of a good picture: when each recipe has one is told",
    )
    here = Path(__file__)
    parser.add_argument("--figure", type=Path, default=here.with_name("time_to_picture.png"))
    parser.add_argument("--pictures", type=Path, help="folder to save the last frames in")
    given = parser.parse_args()

    weights = read_weights(given.weights)
    judge = Judge(weights)
    pair = image(given.content), image(given.style)
    first, later = given.crowson_steps
    recipes: dict[str, Iterator[Frame]] = {
        "reference": reference_frames(
            weights, *pair, given.size, given.reference_steps, max(1, given.reference_steps // 20)
        ),
        **{
            f"ours, {preset}": our_frames(
                given.weights, *pair, preset, size=given.size, update_every=2
            )
            for preset in ("classic", "balanced", "bold")
        },
        "crowsonkb's recipe": crowson_frames(weights, *pair, given.size, first, later, 25),
    }
    _, loss = reference_loss(weights, *pair, given.size)
    print(machine())
    columns = "  paint  edges     hf checker  border  objective  ratio"
    print(f"{'recipe':26} {'steps':>5} {'s':>7}{columns}")
    curves: dict[str, list[tuple[float, dict[str, float], float]]] = {}
    goal = math.nan
    for name, frames in recipes.items():
        if given.recipes and name not in given.recipes:
            continue
        for frame in list(frames):  # judged afterwards, so that only painting is timed
            if frame.step <= 1:
                continue
            figures = judge(frame.image, *pair)
            # Small scales are judged as they are shown: at the result's full extent.
            shape = fit(pair[0].shape, given.size)
            objective = float(loss(tf.constant(resize(frame.image, shape)[np.newaxis])))
            curves.setdefault(name, []).append((frame.seconds, figures, objective))
            last = frame, figures
        frame, figures = last
        if name == "reference":
            goal = objective
        print(
            f"{name:26} {frame.step:5} {frame.seconds:7.1f} {figures['paint']:6.3f} "
            f"{figures['edges']:6.3f} {figures['hf']:6.2f} {figures['checker']:7.2f} "
            f"{figures['border']:7.2f} {objective:10.3e} {objective / goal:6.2f}",
            flush=True,
        )
        if given.pictures:
            given.pictures.mkdir(parents=True, exist_ok=True)
            file = given.pictures / f"{re.sub('[^a-z]+', '_', name)}.png"
            write_image(file, from_rgb(frame.image, "uint8"))
    paint, edges = given.goal
    for name, points in curves.items():
        same = _when(seconds for seconds, _, objective in points if objective <= goal)
        good = _when(
            seconds
            for seconds, figures, _ in points
            if figures["paint"] <= paint and figures["edges"] <= edges
        )
        print(f"{name}: the reference's last objective {same}; paint {paint}, edges {edges} {good}")
    _draw(curves, given.figure)


def _when(seconds: Iterable[float]) -> str:
    first = next(iter(seconds), None)
    return "not reached" if first is None else f"after {first:.1f} s"


def _draw(curves: dict[str, list[tuple[float, dict[str, float], float]]], path: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
    for name, points in curves.items():
        seconds, figures, objective = zip(*points, strict=True)
        paint = [figure["paint"] for figure in figures]
        axes[0].plot(seconds, paint, "o-", markersize=3, label=name)
        axes[1].plot(seconds, objective, "o-", markersize=3, label=name)
    axes[0].set(xscale="log", xlabel="seconds", ylabel="paint (lower is better)")
    axes[1].set(xscale="log", yscale="log", xlabel="seconds", ylabel="the reference's objective")
    axes[0].legend()
    figure.savefig(path, dpi=120)


if __name__ == "__main__":
    main()
