"""Style distance at equal content distance: ours against two recipes that get the same compute.

    python benchmarks/picture_quality.py --weights vgg19.h5

Every recipe paints every pair with several content weights, each in as many steps as cost the
same: steps times pixels, counted in steps of the full size. The judge looks at feature layers that
none of them optimises. For each pair, the style distance of each recipe is read off its curve at
the same content distance, in the middle of where ours and the better of the others overlap; the
table has these, what else makes a picture ugly, and the curves.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
from baselines import Frame, crowson_frames, reference_frames
from common import PAIRS, add_weights_option, image, machine, our_frames
from metrics import Judge

from napari_neural_style.engine.weights import read_weights
from napari_neural_style.pictures.files import write_image
from napari_neural_style.pictures.images import FloatImage, from_rgb
from napari_neural_style.presets import catalogue as presets
from napari_neural_style.pyramid import schedule

#: Factors on each recipe's own content weight: together they span about the same content distances.
_FACTORS = {
    "ours": (16.0, 4.0, 1.0),
    "crowsonkb's recipe": (2.0, 0.4, 0.05),
    "reference": (1.0, 0.1, 0.01),
}


def main() -> None:
    """Paint, judge, print a table and draw the curves."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_weights_option(parser)
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--compute", type=int, default=60, help="steps of the full size")
    parser.add_argument("--pairs", type=int, default=len(PAIRS), help="how many pairs to paint")
    here = Path(__file__)
    parser.add_argument("--figure", type=Path, default=here.with_name("picture_quality.png"))
    parser.add_argument("--pictures", type=Path, help="folder to save the pictures in")
    given = parser.parse_args()
    weights = read_weights(given.weights)
    judge = Judge(weights)

    def frames(
        recipe: str, content: FloatImage, style: FloatImage, factor: float
    ) -> Iterator[Frame]:
        size, compute = given.size, given.compute
        if recipe == "reference":
            return reference_frames(weights, content, style, size, compute, compute, factor)
        if recipe == "ours":
            alpha = presets.settings().content_weight * factor
            steps = _steps_worth(compute, size, presets.settings().smallest_scale)
            return our_frames(
                given.weights, content, style, size=size, steps=steps, content_weight=alpha
            )
        first, later = _crowson_steps_worth(compute, size)
        return crowson_frames(weights, content, style, size, first, later, later, factor)

    print(machine())
    print(f"{given.size} px, compute of {given.compute} steps of that size")
    print(
        f"{'pair':30} {'recipe':20} style at equal content   hf  checker  border   "
        "(content, style) ..."
    )
    curves: dict[tuple[str, str], list[tuple[float, float]]] = {}
    for pair in PAIRS[: given.pairs]:
        content, style = map(image, pair)
        title = " in ".join(pair)
        middles: dict[str, dict[str, float]] = {}
        for recipe, factors in _FACTORS.items():
            found = []
            for factor in factors:
                *_, last = frames(recipe, content, style, factor)
                found.append(judge(last.image, content, style))
                if given.pictures:
                    given.pictures.mkdir(parents=True, exist_ok=True)
                    name = f"{'_'.join(pair)}_{recipe.split()[0]}_{factor}.png"
                    write_image(given.pictures / name, from_rgb(last.image, "uint8"))
            curves[title, recipe] = sorted((row["content"], row["paint"]) for row in found)
            middles[recipe] = found[1]
        level = _shared(curves[title, "ours"], curves[title, "crowsonkb's recipe"])
        for recipe, middle in middles.items():
            curve = curves[title, recipe]
            print(
                f"{title:30} {recipe:20} {_at(curve, level):>22} "
                f"{middle['hf']:4.2f} {middle['checker']:8.2f} {middle['border']:7.2f}   "
                + " ".join(f"({c:.2f}, {p:.3f})" for c, p in curve),
                flush=True,
            )
    _draw(curves, given.figure)


def _steps_worth(compute: int, size: int, smallest: int) -> int:
    """Return how many steps of our pyramid cost as much as `compute` steps of the full size."""
    steps = compute
    while sum(scale.work for scale in schedule(size, smallest, steps + 1)) <= compute * size**2:
        steps += 1
    return steps


def _crowson_steps_worth(compute: int, size: int) -> tuple[int, int]:
    """Return the steps of the first scale and of each later one, two to one as in the recipe."""
    shares = [2.0**-k for k in range(20) if round(size / 2 ** (k / 2)) >= min(128, size)]
    later = compute / (sum(shares) + shares[-1])
    return round(2 * later), round(later)


def _shared(one: list[tuple[float, float]], other: list[tuple[float, float]]) -> float:
    """Return a content distance in the middle of those that both curves have."""
    return float(np.sqrt(max(one[0][0], other[0][0]) * min(one[-1][0], other[-1][0])))


def _at(curve: list[tuple[float, float]], level: float) -> str:
    """Return the curve's style distance at a content distance, if it gets there."""
    content, paint = np.array(curve).T
    if not content[0] <= level <= content[-1]:
        return "out of its reach"
    return f"{np.exp(np.interp(np.log(level), np.log(content), np.log(paint))):.3f}"


def _draw(curves: dict[tuple[str, str], list[tuple[float, float]]], path: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    pairs = list(dict.fromkeys(pair for pair, _ in curves))
    figure, axes = plt.subplots(
        2, -(-len(pairs) // 2), figsize=(10, 6), layout="constrained", squeeze=False
    )
    for axis, pair in zip(axes.flat, pairs, strict=False):
        for recipe in _FACTORS:
            axis.plot(*zip(*curves[pair, recipe], strict=True), "o-", markersize=3, label=recipe)
        axis.set(title=pair.replace("_", " "), xlabel="content distance", ylabel="style distance")
        axis.set_ylim(bottom=0)
    axes.flat[0].legend()
    figure.savefig(path, dpi=120)


if __name__ == "__main__":
    main()
