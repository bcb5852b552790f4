"""Memory and time against size: whole pictures and tiles, in the same runs; and how equal they are.

    python benchmarks/tiling.py --weights vgg19.h5 --sizes 512 724 1024 --tiles 0 256 512

Each measurement runs in a process of its own: what a run of that size adds to the process, at its
peak, and the median of its steps. Written as lines of JSON to ``--output``, one at a time, so that
a long series can be interrupted; ``--plot`` draws what has been collected.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import platform
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any


def _measure(
    features: str, weights: str, size: int, tile: int, optimizer: str, steps: int
) -> dict[str, Any]:
    import numpy as np

    from napari_neural_style.engine import stylize_steps
    from napari_neural_style.engine.peak_memory import PeakMemory
    from napari_neural_style.job import Job
    from napari_neural_style.presets import catalogue
    from napari_neural_style.progress import Progress

    rng = np.random.default_rng(0)
    content, style = (rng.random((size, size, 3), dtype=np.float32) for _ in range(2))
    small = content[:160, :160]
    chosen: dict[str, Any] = {
        "features": features,
        "weights": weights or "auto",
        "smallest_scale": 0,
        "update_every": 1,
        "optimizer": optimizer,
        "size": size,
    }

    def run(content: Any, style: Any, **changes: Any) -> list[float]:
        settings = catalogue.settings("balanced", **{**chosen, **changes})
        updates = stylize_steps(Job(content, style, settings))
        return [u.seconds for u in updates if isinstance(u, Progress)]

    # Everything is loaded and compiled before.
    run(small, small, steps=2, tile=min(tile, 64))
    memory = PeakMemory("/CPU:0")
    seconds = run(content, style, steps=steps, tile=tile)
    each = [after - before for before, after in itertools.pairwise(seconds)]
    return {
        "gib": memory.added() / 2**30,
        "s_per_step": statistics.median(each or seconds),
        "s_first": seconds[0],
    }


def main() -> None:
    """Measure, print and collect."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument(
        "--weights", default="", help="weights file of VGG19; none: the built-in network"
    )
    parser.add_argument("--sizes", type=int, nargs="+", default=[512, 724, 1024])
    parser.add_argument("--tiles", type=int, nargs="+", default=[0, 256, 512])
    parser.add_argument("--optimizers", nargs="+", default=["lbfgs"])
    parser.add_argument("--steps", type=int, default=4)
    parser.add_argument("--output", type=Path, default=Path("tiling.jsonl"))
    parser.add_argument("--plot", type=Path, help="draw what is in --output instead")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        print(json.dumps(_measure(**json.loads(given.one))))
        return
    if given.plot:
        _plot(given.output, given.plot)
        return
    features = "vgg19" if given.weights else "builtin"
    for size in given.sizes:
        for optimizer in given.optimizers:
            for tile in given.tiles:
                case = {
                    "features": features,
                    "weights": given.weights,
                    "size": size,
                    "tile": tile,
                    "optimizer": optimizer,
                    "steps": given.steps,
                }
                command = [sys.executable, __file__, "--one", json.dumps(case)]
                environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
                done = subprocess.run(command, capture_output=True, text=True, env=environment)
                found = (
                    json.loads(done.stdout.splitlines()[-1])
                    if done.returncode == 0
                    else {"ended": done.returncode, "last_words": done.stderr[-300:]}
                )
                case.pop("weights")
                line = {**case, **found, "processor": platform.machine()}
                with given.output.open("a") as file:
                    file.write(json.dumps(line) + "\n")
                print(line, flush=True)


if __name__ == "__main__":
    main()
