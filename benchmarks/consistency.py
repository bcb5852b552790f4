"""Does one setting mean one thing? The same preset over sizes, and the style strength from 0 to 1.

    python benchmarks/consistency.py --weights vgg19.h5

First table: how far the pictures are from style and content when only the size differs, and how far
apart these figures lie (largest over smallest, less 1; 15 % is the goal). They are all seen at one
size: at the smallest of theirs, where the judge sees the smallest picture at the very size for
which it was optimised, and at half of that, where none has that advantage. A pair is left out at
sizes beyond its content, which is never enlarged. Second table: what the style strength does. With
`--pictures`, the pictures too.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterable
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from common import PAIRS, add_weights_option, image, machine, our_frames
from metrics import Judge

from napari_neural_style.engine.weights import read_weights
from napari_neural_style.pictures.files import write_image
from napari_neural_style.pictures.images import FloatImage, fit, from_rgb, resize


def main() -> None:
    """Paint, judge and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_weights_option(parser)
    parser.add_argument("--features", choices=("vgg19", "builtin"), default="vgg19")
    parser.add_argument("--preset", default="balanced")
    parser.add_argument("--pairs", type=int, default=len(PAIRS), help="how many pairs to paint")
    parser.add_argument("--sizes", type=int, nargs="*", default=[256, 512, 1024])
    parser.add_argument(
        "--strengths", type=float, nargs="*", default=[0.0, 0.2, 0.35, 0.5, 0.65, 0.8, 1.0]
    )
    parser.add_argument("--strength-size", type=int, default=256)
    parser.add_argument("--pictures", type=Path, help="folder to save the pictures in")
    given = parser.parse_args()
    judge = Judge(read_weights(given.weights))

    def painted(content: FloatImage, style: FloatImage, name: str, **changes: object) -> FloatImage:
        changes |= {"features": given.features, "update_every": 10_000}
        *_, last = our_frames(given.weights, content, style, given.preset, **changes)
        _save(given.pictures, name, last.image)
        return last.image

    print(f"{machine()}\n{given.preset}, {given.features}")
    if given.sizes:
        sizes = _row(f"{size} px" for size in given.sizes)
        print(f"{'pair':30} seen at figure  {sizes}")
    for pair in PAIRS[: given.pairs] if given.sizes else ():
        content, style = map(image, pair)
        pictures = [
            painted(content, style, f"{'_'.join(pair)}_{size}", size=size)
            for size in given.sizes
            if size <= max(content.shape)
        ]
        for seen_at in (min(given.sizes), min(given.sizes) // 2):
            shape = fit(content.shape, seen_at)
            found = [judge(resize(picture, shape), content, style) for picture in pictures]
            for key in ("paint", "content"):
                values = [row[key] for row in found]
                spread = max(values) / min(values) - 1
                cells = _row(f"{value:.3f}" for value in values)
                print(
                    f"{' in '.join(pair):30} {seen_at:7} {key:8}"
                    f"{cells:{9 * len(given.sizes)}} {spread:5.0%} apart",
                    flush=True,
                )
    if given.strengths:
        print("pair                           figure  " + _row(f"{s:g}" for s in given.strengths))
    for pair in PAIRS[: given.pairs] if given.strengths else ():
        content, style = map(image, pair)
        size, name = given.strength_size, "_".join(pair)
        pictures = [
            painted(content, style, f"{name}_strength_{value}", style_strength=value, size=size)
            for value in given.strengths
        ]
        shape = fit(content.shape, size)
        found = [judge(resize(picture, shape), content, style) for picture in pictures]
        for key in ("paint", "content", "edges"):
            cells = _row(f"{row[key]:.3f}" for row in found)
            print(f"{' in '.join(pair):30} {key:8}{cells}", flush=True)


def _row(cells: Iterable[str]) -> str:
    return "".join(f"{cell:>9}" for cell in cells)


def _save(folder: Path | None, name: str, picture: FloatImage) -> None:
    if folder:
        folder.mkdir(parents=True, exist_ok=True)
        write_image(folder / f"{name}.png", from_rgb(picture, "uint8"))


if __name__ == "__main__":
    main()
