"""The preset `masterpiece` against `balanced`: style distance at equal content, pair by pair.

    python benchmarks/masterpiece.py --weights vgg19.h5 [--free FOLDER] [--sheet FOLDER]

`balanced` paints each pair with several content weights, which gives a curve of style distance
against content distance; `masterpiece`, and with ``--others`` `bold`, the paper's method and NNST's
recipe, paint it once. The table has, for each judge of style, their figure over that of the curve
at the same content distance: less than 1 is nearer to the style. A folder of free images has pairs:
``c1.jpg`` and ``s1.jpg``, ``c2.jpg`` ... With ``--sheet``, pictures of `balanced` and `masterpiece`
are saved side by side in an order that is drawn by lot, with the key in a file of its own, for eyes
that do not know which is which.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
from common import PAIRS, add_weights_option, image, machine
from metrics import TOLD, Judge
from nnst import nnst_frames
from numpy.typing import NDArray
from PIL import Image

from napari_neural_style.engine import stylize_steps
from napari_neural_style.engine.builtin_network import builtin_weights
from napari_neural_style.engine.vgg import VGG19
from napari_neural_style.engine.weights import read_weights
from napari_neural_style.job import Job
from napari_neural_style.pictures.contact_sheet import contact_sheet
from napari_neural_style.pictures.files import write_image
from napari_neural_style.pictures.images import FloatImage, from_rgb, resize
from napari_neural_style.presets import catalogue as presets

#: Factors on the content weight of `balanced`.
_FACTORS = (1.0, 0.35)
#: Side of the part that is shown pixel by pixel.
_PART = 288
_STYLE_JUDGES = ("paint", "patches")


def main() -> None:
    """Paint, judge, print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_weights_option(parser)
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--pairs", type=int, default=len(PAIRS), help="how many sample pairs")
    parser.add_argument("--free", type=Path, help="folder with pairs of other images")
    parser.add_argument("--features", choices=("builtin", "vgg19"), default="builtin")
    parser.add_argument("--others", action="store_true", help="bold, paper, NNST's recipe too")
    parser.add_argument("--sheet", type=Path, help="folder for the blind pictures and their key")
    parser.add_argument("--figure", type=Path, help="file for both, whole and in part, by name")
    given = parser.parse_args()
    weights = read_weights(given.weights)
    judge = Judge(weights)
    network = VGG19(builtin_weights() if given.features == "builtin" else weights)
    pairs = [(str(c), str(s)) for c, s in PAIRS[: given.pairs]] + _free(given.free)
    print(machine(), f"{given.size} px, {given.features}", sep="\n", flush=True)
    ratios: dict[str, dict[tuple[str, str], list[float]]] = {}
    shown: list[tuple[NDArray[np.uint8], str]] = []
    draw = np.random.default_rng(0)
    for number, pair in enumerate(pairs):
        content, style = map(image, pair)

        def painted(
            preset: str,
            factor: float = 1.0,
            pair: tuple[FloatImage, FloatImage] = (content, style),
        ) -> tuple[FloatImage, dict[str, float]]:
            weight = factor * presets.settings(preset).content_weight
            settings = presets.settings(
                preset,
                features=given.features,
                size=given.size,
                content_weight=weight,
                update_every=10_000,
                weights=str(given.weights),
            )
            *_, last = stylize_steps(Job(*pair, settings))
            picture = np.asarray(last.image)
            return picture, judge(picture, *pair)

        curve = [painted("balanced", factor) for factor in _FACTORS]
        best, found = painted("masterpiece")
        title = " in ".join(Path(name).stem for name in pair)
        once = {"masterpiece": found}
        if given.others:
            once["bold"], once["paper"] = painted("bold")[1], painted("paper")[1]
            *_, last = nnst_frames(network, content, style, given.size)
            once["NNST's recipe"] = judge(last.image, content, style)
        for name, row in [
            ("content itself", judge(resize(content, best.shape[:2]), content, style)),
            *((f"balanced x{f}", row) for f, (_, row) in zip(_FACTORS, curve, strict=True)),
            *once.items(),
        ]:
            print(f"{title:30} {name:15} " + " ".join(f"{k}={row[k]:.3f}" for k in TOLD))
        for name, row in once.items():
            for judges, ratio in _ratios(row, [row for _, row in curve]).items():
                ratios.setdefault(name, {}).setdefault(judges, []).append(ratio)
        last_one = {judges: found[-1:] for judges, found in ratios["masterpiece"].items()}
        print(" " * 31 + _summary(last_one), flush=True)
        shown += cells(title, curve[0][0], best)
        if given.sheet:
            _save_blind(given.sheet, number, [curve[0][0], best], draw)
    if given.figure:
        Image.fromarray(contact_sheet(shown, columns=4, cell=288)).save(given.figure, quality=85)
    print(f"\nmedian over {len(pairs)} pairs")
    for name, by_judges in ratios.items():
        print(f"{name:15} {_summary(by_judges)}")
        for (style_judge, content_judge), values in by_judges.items():
            share = np.mean(np.array(values) <= 0.9)
            print(f"  {style_judge} at equal {content_judge}: 10 % less or better in {share:.0%}")


def cells(
    title: str, balanced: FloatImage, best: FloatImage
) -> list[tuple[NDArray[np.uint8], str]]:
    """Return both pictures whole, and of each the same part, pixel by pixel."""
    found = []
    for name, picture in (("balanced", balanced), ("masterpiece", best)):
        height, width = picture.shape[:2]
        top, left = (height - _PART) // 3, (width - _PART) // 2
        part = picture[max(0, top) :, max(0, left) :][:_PART, :_PART]
        found.append((from_rgb(picture, "uint8"), f"{title}: {name}"))
        found.append((from_rgb(part, "uint8"), f"{name}, at 100 %"))
    return found


def _free(folder: Path | None) -> list[tuple[str, str]]:
    if folder is None:
        return []
    contents = sorted(folder.glob("c*.jpg"), key=lambda path: int(path.stem[1:]))
    return [(str(path), str(path.with_name(f"s{path.stem[1:]}.jpg"))) for path in contents]


def _ratios(row: dict[str, float], curve: list[dict[str, float]]) -> dict[tuple[str, str], float]:
    """Return, for each pair of judges, a style distance over that of a curve at equal content."""
    return {
        (style, content): row[style]
        / _at([(there[content], there[style]) for there in curve], row[content])
        for content in ("content", "structure")
        for style in _STYLE_JUDGES
    }


def _at(curve: list[tuple[float, float]], level: float) -> float:
    """Return a curve's style distance at a content distance; at its ends, it goes on straight."""
    (c0, s0), (c1, s1) = sorted(curve)
    slope = (np.log(s1) - np.log(s0)) / max(np.log(c1) - np.log(c0), 1e-6)
    # More content lost never makes a style worse.
    return float(np.exp(np.log(s0) + min(slope, 0.0) * (np.log(level) - np.log(c0))))


def _summary(ratios: dict[tuple[str, str], list[float]]) -> str:
    return ", ".join(f"{s} at equal {c} {np.median(v):.2f}" for (s, c), v in ratios.items())


def _save_blind(
    folder: Path, number: int, pictures: list[NDArray[np.float32]], draw: np.random.Generator
) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    swapped = bool(draw.integers(2))
    ordered = pictures[::-1] if swapped else pictures
    gap = np.ones((ordered[0].shape[0], 8, 3), np.float32)
    sheet = np.concatenate([ordered[0], gap, ordered[1]], 1)
    write_image(folder / f"pair_{number:02}.png", from_rgb(sheet, "uint8"))
    with (folder / "key.txt").open("a") as key:
        print(f"pair_{number:02}: masterpiece is on the {'left' if swapped else 'right'}", file=key)


if __name__ == "__main__":
    main()
