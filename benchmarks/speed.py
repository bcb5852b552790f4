"""Seconds per step and peak memory, against the reference, at the reference's own layers.

    python benchmarks/speed.py --weights vgg19.h5

Each measurement runs in a process of its own, in turn; medians over the steps. The last column is
the share of this machine's own convolution throughput, measured in the same run, that we reach.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

_KINDS = ("reference", "ours float32", "ours auto")
#: Multiplications and additions per pixel of VGG19 to block5_conv2, forward and back to the image.
_FLOP_PER_PIXEL = 2 * 2 * 370e3


def _measure(kind: str, size: int, weights: Path, steps: int) -> dict[str, float]:
    import numpy as np
    import tensorflow as tf
    from baselines import reference_loss, reference_step

    from napari_neural_style.engine.arithmetic import pick_precision, pick_winograd
    from napari_neural_style.engine.objective import Objective
    from napari_neural_style.engine.targets import Hyperparameters, StyleInput
    from napari_neural_style.engine.vgg import VGG19
    from napari_neural_style.engine.weights import read_weights
    from napari_neural_style.presets import catalogue as presets

    rng = np.random.default_rng(0)
    images = [rng.random((size, size, 3), dtype=np.float32) for _ in range(2)]
    if kind == "reference":
        _, step = reference_step(*reference_loss(read_weights(weights), *images, size))

        def run() -> float:
            return float(step())
    else:
        settings = presets.settings("paper", optimizer="adam")
        precision = pick_precision(kind.split()[1], "/CPU:0")
        network = VGG19(
            read_weights(weights),
            pooling="max",
            padding="zero",
            precision=precision,
            winograd=pick_winograd(precision, "/CPU:0"),
        )
        objective = Objective(network, settings)
        content, style = (tf.constant(image[np.newaxis]) for image in images)
        targets = objective.targets(
            content, content, objective.target_functions([[StyleInput(style)]])
        )
        hyperparameters = Hyperparameters.of(settings)
        state = [objective.optimizer.init(content), objective.no_losses()]

        def run() -> float:
            state[0], state[1], _ = objective.step(state[0], targets, hyperparameters, state[1])
            return float(state[1]["total"])

    run()
    run()
    seconds = []
    for _ in range(steps):
        start = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - start)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    return {"seconds": statistics.median(seconds), "memory": memory}


def _throughput() -> float:
    """Return this machine's convolution throughput in the arithmetic of `auto`, in FLOP/s."""
    import tensorflow as tf

    from napari_neural_style.engine.arithmetic import pick_precision

    dtype = tf.as_dtype(pick_precision("auto", "/CPU:0"))
    image, kernel = tf.ones([1, 128, 128, 256], dtype), tf.ones([3, 3, 256, 256], dtype)
    convolve = tf.function(lambda: tf.nn.conv2d(image, kernel, 1, "SAME"))
    convolve()
    seconds = []
    for _ in range(7):
        start = time.perf_counter()
        convolve()[0, 0, 0, 0].numpy()
        seconds.append(time.perf_counter() - start)
    return 2 * 128**2 * 9 * 256**2 / statistics.median(seconds)


def _in_a_process(arguments: list[str]) -> dict[str, float]:
    command = [sys.executable, __file__, *arguments]
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    answer = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    result: dict[str, float] = json.loads(answer.stdout.splitlines()[-1])
    return result


def main() -> None:
    """Measure, print a table and draw a figure."""
    from common import add_weights_option, machine

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_weights_option(parser)
    parser.add_argument("--sizes", type=int, nargs="+", default=[256, 512, 1024])
    parser.add_argument("--steps", type=int, default=7)
    parser.add_argument("--figure", type=Path, default=Path(__file__).with_name("speed.png"))
    parser.add_argument("--one", nargs=2, metavar=("KIND", "SIZE"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        kind, size = given.one
        figures = (
            {"throughput": _throughput()}
            if kind == "throughput"
            else _measure(kind, int(size), given.weights, given.steps)
        )
        print(json.dumps(figures))
        return

    print(machine())
    peak = _in_a_process(["--one", "throughput", "0"])["throughput"]
    print(f"convolution throughput {peak / 1e9:.0f} GFLOP/s")
    print("size  kind           s/step  speed-up  memory GiB  share of throughput")
    rows: dict[tuple[int, str], dict[str, float]] = {}
    for size in given.sizes:
        for kind in _KINDS:
            options = ["--weights", str(given.weights), "--steps", str(given.steps)]
            row = _in_a_process(["--one", kind, str(size), *options])
            rows[size, kind] = row
            ratio = rows[size, "reference"]["seconds"] / row["seconds"]
            share = _FLOP_PER_PIXEL * size**2 / row["seconds"] / peak
            print(
                f"{size:4}  {kind:13} {row['seconds']:7.3f}  {ratio:8.2f}  {row['memory']:10.2f}"
                f"  {share:19.0%}",
                flush=True,
            )
    _draw(rows, given.sizes, given.figure)


def _draw(rows: dict[tuple[int, str], dict[str, float]], sizes: list[int], path: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, 2, figsize=(8, 3), layout="constrained")
    for axis, key, title in zip(
        axes, ("seconds", "memory"), ("s per step", "peak GiB"), strict=True
    ):
        for kind in _KINDS:
            axis.loglog(sizes, [rows[s, kind][key] for s in sizes], "o-", label=kind, base=2)
        axis.set(title=title, xlabel="longest side, px")
    axes[0].legend()
    figure.savefig(path, dpi=120)


if __name__ == "__main__":
    main()
