"""Figures of the picture against wall time: the reference, the best program's recipe, and ours.

python benchmarks/time_to_picture.py --weights vgg19.h5 --content photo.jpg --style painting.jpg
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from baselines import Frame, crowson_frames, reference_frames
from common import add_weights_option, image, machine, our_frames
from metrics import Judge

from napari_neural_style.engine.weights import read_weights
from napari_neural_style.files import write_image
from napari_neural_style.images import from_rgb


def main() -> None:
    """Run all recipes in turn, print a table and draw a figure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_weights_option(parser)
    parser.add_argument("--content", default="harbour_town", help="a sample's key or a file")
    parser.add_argument("--style", default="swirling_night", help="a sample's key or a file")
    parser.add_argument("--size", type=int, default=320)
    parser.add_argument("--reference-steps", type=int, default=1000)
    parser.add_argument("--crowson-steps", type=int, nargs=2, default=(150, 100))
    here = Path(__file__)
    parser.add_argument("--figure", type=Path, default=here.with_name("time_to_picture.png"))
    parser.add_argument("--pictures", type=Path, help="folder to save the last frames in")
    given = parser.parse_args()

    weights = read_weights(given.weights)
    judge = Judge(weights)
    pair = image(given.content), image(given.style)
    first, later = given.crowson_steps
    recipes: dict[str, Iterator[Frame]] = {
        "ours, balanced": our_frames(given.weights, *pair, size=given.size, update_every=10),
        "ours, bold": our_frames(
            given.weights, *pair, preset="bold", style_strength=0.5, size=given.size
        ),
        "crowsonkb's recipe": crowson_frames(weights, *pair, given.size, first, later, 25),
        "reference": reference_frames(
            weights, *pair, given.size, given.reference_steps, given.reference_steps // 10
        ),
    }
    print(machine())
    print(f"{'recipe':20} {'steps':>5} {'s':>7}  paint  edges     hf checker  border")
    curves: dict[str, list[tuple[float, float]]] = {}
    for name, frames in recipes.items():
        for frame in list(frames):  # judged afterwards, so that only painting is timed
            if frame.step <= 1:
                continue
            figures = judge(frame.image, *pair)
            curves.setdefault(name, []).append((frame.seconds, figures["paint"]))
            last = frame, figures
        frame, figures = last
        print(
            f"{name:20} {frame.step:5} {frame.seconds:7.1f} {figures['paint']:6.3f} "
            f"{figures['edges']:6.3f} {figures['hf']:6.2f} {figures['checker']:7.2f} "
            f"{figures['border']:7.2f}",
            flush=True,
        )
        if given.pictures:
            given.pictures.mkdir(parents=True, exist_ok=True)
            file = given.pictures / f"{name.replace(', ', '_').replace(' ', '_')}.png"
            write_image(file, from_rgb(frame.image, "uint8"))
    _draw(curves, given.figure)


def _draw(curves: dict[str, list[tuple[float, float]]], path: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axis = plt.subplots(figsize=(6, 4), layout="constrained")
    for name, points in curves.items():
        axis.plot(*zip(*points, strict=True), "o-", markersize=3, label=name)
    axis.set(xscale="log", xlabel="seconds", ylabel="paint (lower is better)")
    axis.legend()
    figure.savefig(path, dpi=120)


if __name__ == "__main__":
    main()
