"""What each part of the preset `masterpiece` brings, and its curve of style against content.

    python benchmarks/masterpiece_parts.py --weights vgg19.h5

First `balanced` is turned into `masterpiece` part by part; then both paint with several style
strengths, which gives the figure.
"""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from common import PAIRS, add_weights_option, image, machine
from metrics import TOLD, Judge

from napari_neural_style.engine import stylize_steps
from napari_neural_style.engine.weights import read_weights
from napari_neural_style.job import Job
from napari_neural_style.presets import catalogue as presets

_PARTS: dict[str, dict[str, Any]] = {
    "balanced": {},
    "... with 200 steps": {"steps": 200},
    "... and neighbours": {"steps": 200, "style_loss": "neighbors"},
    "... and the finish: masterpiece": {"preset": "masterpiece"},
    "masterpiece with style_turns=4": {"preset": "masterpiece", "style_turns": 4},
    "balanced with the finish": {"finish_steps": 30},
}
_STRENGTHS = (0.4, 0.5, 0.6)


def main() -> None:
    """Paint, judge, print a table, draw the curves."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_weights_option(parser)
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--pairs", type=int, default=2)
    here = Path(__file__)
    parser.add_argument("--figure", type=Path, default=here.with_name("masterpiece_curves.png"))
    given = parser.parse_args()
    judge = Judge(read_weights(given.weights))
    print(machine(), f"{given.size} px, built-in network", sep="\n", flush=True)

    def judged(pair: tuple[str, str], **changes: Any) -> dict[str, float]:
        content, style = map(image, pair)
        preset = changes.pop("preset", "balanced")
        settings = presets.settings(
            preset, features="builtin", size=given.size, update_every=10_000, **changes
        )
        start = time.process_time()
        *_, last = stylize_steps(Job(content, style, settings))
        seconds = time.process_time() - start
        return judge(np.asarray(last.image), content, style) | {"seconds": seconds}

    pairs = PAIRS[: given.pairs]
    for name, changes in _PARTS.items():
        rows = [judged(pair, **changes) for pair in pairs]
        means = {key: np.mean([row[key] for row in rows]) for key in (*TOLD, "seconds")}
        print(f"{name:32} " + " ".join(f"{k}={v:.3f}" for k, v in means.items()), flush=True)

    figure, axes = plt.subplots(1, len(pairs), figsize=(5 * len(pairs), 4), layout="constrained")
    for axis, pair in zip(np.atleast_1d(axes), pairs, strict=True):
        for preset in ("balanced", "masterpiece"):
            rows = [judged(pair, preset=preset, style_strength=s) for s in _STRENGTHS]
            points = [(row["content"], row["paint"]) for row in rows]
            print(" in ".join(pair), preset, " ".join(f"({c:.2f}, {p:.3f})" for c, p in points))
            axis.plot(*zip(*points, strict=True), "o-", label=preset)
        title = " in ".join(name.replace("_", " ") for name in pair)
        axis.set(title=title, xlabel="content distance", ylabel="paint")
        axis.set_ylim(bottom=0)
        axis.legend()
    figure.savefig(given.figure, dpi=120)


if __name__ == "__main__":
    main()
