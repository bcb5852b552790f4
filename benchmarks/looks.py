"""A look learnt from one result: how long it takes, how fast and how well it paints.

python benchmarks/looks.py --weights vgg19.h5 --pair astronaut stained_glass --pictures looks

A film pans over the content. Its first frame is painted by optimisation, a look is learnt from
that, and paints the film, and photographs that it has never seen. ``paint`` is that of `metrics`,
for the look and as a ratio to the result's; flicker is that of ``flicker.py``.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
from common import add_weights_option, image, machine, our_frames
from flicker import film, flicker
from metrics import Judge

from napari_neural_style.engine import learn_steps
from napari_neural_style.engine.arithmetic import pick_precision
from napari_neural_style.engine.device import pick_device
from napari_neural_style.engine.look_painting import Painter
from napari_neural_style.engine.weights import read_weights
from napari_neural_style.learn_job import LEARNING_STEPS, LearnJob, Learnt, Pair
from napari_neural_style.looks.look import Look
from napari_neural_style.pictures.contact_sheet import contact_sheet
from napari_neural_style.pictures.files import write_image
from napari_neural_style.pictures.images import FloatImage, fit, from_rgb, resize

_FIGURES = ("paint", "patches", "edges", "checker")
_REPEATS = 5


def main() -> None:
    """Paint, learn, measure, and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_weights_option(parser)
    parser.add_argument("--pair", nargs=2, default=("astronaut", "stained_glass"))
    parser.add_argument("--unseen", nargs="*", default=["chelsea", "coffee"])
    parser.add_argument("--size", type=int, default=512)
    parser.add_argument("--steps", type=int, default=LEARNING_STEPS, help="of the learning")
    parser.add_argument("--frames", type=int, default=6)
    parser.add_argument("--features", default="builtin", help="network that paints the result")
    parser.add_argument("--pictures", type=Path, help="folder to save pictures in")
    parser.add_argument("--sheet", type=Path, help="file for all pictures side by side")
    given = parser.parse_args()
    judge = Judge(read_weights(given.weights))
    style = image(given.pair[1])
    frames, cameras = film(image(given.pair[0]), given.frames, given.size)

    result = _result(frames[0], style, given)
    look, seconds = _learnt(Pair(frames[0], result), given)
    device = pick_device("auto")
    painter = Painter(look.network, pick_precision("auto", device), device)
    path = look.save((given.pictures or Path()) / "benchmark.look")
    print(f"{machine()}\nlearnt in {seconds:.0f} s, {given.steps} steps", end="; ")
    print(f"the file has {path.stat().st_size / 1e6:.2f} MB")
    for name, shape in (("512 x 512", (512, 512)), ("1920 x 1080", (1080, 1920))):
        taken = _median(lambda shape=shape: painter(resize(frames[0], shape)))
        print(f"{name} pixels are painted in {taken:.3f} s")

    painted = np.stack([painter(frame) for frame in frames])
    still = float(np.abs(painter(_noisy(frames[0])) - painted[0]).mean())
    print(f"under noise of 0.02 it changes by {still:.4f} in the mean")
    print(f"flicker {flicker(painted, cameras):.4f}, of the film itself ", end="")
    print(f"{flicker(frames, cameras):.4f}\n")
    shown = {
        "the result": (result, frames[0]),
        "the look, learnt content": (painted[0], frames[0]),
        "the look, last frame": (painted[-1], frames[-1]),
    }
    for name in given.unseen:
        photo = image(name)
        photo = resize(photo, fit(photo.shape, min(given.size, max(photo.shape[:2]))))
        shown[f"the look, {name}"] = painter(photo), photo
    print(f"{'':28}" + "".join(f"{figure:>9}" for figure in _FIGURES) + f"{'ratio':>9}")
    first = None
    cells = [(frames[0], "the content")]
    for name, (picture, content) in shown.items():
        figures = judge(picture, content, style)
        first = first or figures["paint"]
        line = "".join(f"{figures[figure]:9.3f}" for figure in _FIGURES)
        print(f"{name:28}{line}{figures['paint'] / first:9.2f}", flush=True)
        cells.append((picture, f"{name}: paint {figures['paint']:.3f}"))
        if given.pictures:
            file = given.pictures / f"{name.replace(' ', '_').replace(',', '')}.png"
            write_image(file, from_rgb(picture, np.dtype(np.uint8)))
    if given.sheet:
        write_image(given.sheet, contact_sheet(cells, columns=3, cell=400))


def _result(content: FloatImage, style: FloatImage, given: argparse.Namespace) -> FloatImage:
    options = {"size": given.size, "features": given.features}
    *_, last = our_frames(given.weights, content, style, **options)
    return last.image


def _learnt(pair: Pair, given: argparse.Namespace) -> tuple[Look, float]:
    start = time.perf_counter()
    for update in learn_steps(LearnJob((pair,), steps=given.steps, update_every=50)):
        if isinstance(update, Learnt):
            last = update
    return Look.of(last, "benchmark"), time.perf_counter() - start


def _noisy(frame: FloatImage) -> FloatImage:
    noise = np.random.default_rng(0).normal(0, 0.02, frame.shape)
    return np.clip(frame + noise, 0, 1).astype(np.float32)


def _median(call: Callable[[], object]) -> float:
    call()
    taken = []
    for _ in range(_REPEATS):
        start = time.perf_counter()
        call()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)


if __name__ == "__main__":
    main()
