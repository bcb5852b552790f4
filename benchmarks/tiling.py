"""Memory and time against size: whole pictures and tiles, in the same runs; and how equal they are.

    python benchmarks/tiling.py --weights vgg19.h5 --sizes 512 724 1024 --tiles 0 256 512
    python benchmarks/tiling.py --weights vgg19.h5 --equality 1024 --tiles 384

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
from collections.abc import Iterator
from pathlib import Path
from typing import Any


def _measure(
    features: str,
    weights: str,
    size: int,
    tile: int | str,
    optimizer: str,
    steps: int,
    free: float,
    limit: float,
) -> dict[str, Any]:
    import numpy as np

    from napari_neural_style.engine import stylize_steps, tile_choice
    from napari_neural_style.engine.peak_memory import PeakMemory
    from napari_neural_style.job import Job
    from napari_neural_style.presets import catalogue
    from napari_neural_style.progress import Progress

    rng = np.random.default_rng(0)
    content, style = (
        rng.random((side, side, 3), dtype=np.float32) for side in (size, min(size, 1024))
    )
    small = content[:160, :160]
    chosen: dict[str, Any] = {
        "features": features,
        "weights": weights or "auto",
        "smallest_scale": 0,
        "init": "content",
        "update_every": 1,
        "optimizer": optimizer,
        "size": size,
    }

    def run(content: Any, style: Any, **changes: Any) -> list[float]:
        settings = catalogue.settings("balanced", **{**chosen, **changes})
        updates = stylize_steps(Job(content, style, settings))
        return [u.seconds for u in updates if isinstance(u, Progress)]

    # Everything is loaded and compiled before.
    run(small, small, steps=2, tile=64 if tile else 0)
    plans: list[Any] = []
    if free:
        tile_choice.available_memory = lambda: int(free * 2**30)
    plan = tile_choice.TileChoice.plan

    def noted(self: Any, shape: tuple[int, int]) -> Any:
        plans.append(plan(self, shape))
        return plans[-1]

    tile_choice.TileChoice.plan = noted  # type: ignore[method-assign]
    if limit:
        import resource

        there = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        most = there + int(limit * 2**30)
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
    memory = PeakMemory("/CPU:0")
    seconds = run(content, style, steps=steps, tile=tile)
    each = [after - before for before, after in itertools.pairwise(seconds)]
    return {
        "gib": memory.added() / 2**30,
        "s_per_step": statistics.median(each or seconds),
        "s_first": seconds[0],
        "side": plans[-1].side,
        "joint": plans[-1].joint.layer if plans[-1].joint else "",
        "in_place": plans[-1].in_place,
        "gib_planned": plans[-1].bytes / 2**30,
    }


def _equality(weights: str, size: int, tile: int) -> Iterator[dict[str, Any]]:
    """Yield how far loss and gradient of tiles are from those of the whole picture."""
    import numpy as np
    import tensorflow as tf

    from napari_neural_style.engine.builtin_network import builtin_weights
    from napari_neural_style.engine.objective import Objective
    from napari_neural_style.engine.targets import Anchor, Hyperparameters, StyleInput
    from napari_neural_style.engine.tiled import TiledObjective
    from napari_neural_style.engine.tiled_targets import Tiling
    from napari_neural_style.engine.vgg import VGG19
    from napari_neural_style.engine.weights import read_weights
    from napari_neural_style.pictures.images import resize
    from napari_neural_style.settings import Settings

    rng = np.random.default_rng(0)
    shape = (round(0.75 * size), size)

    def picture(*shape: int) -> tf.Tensor:
        coarse = rng.random((max(2, shape[0] // 12), max(2, shape[1] // 12), 3), dtype=np.float32)
        noise = rng.normal(0, 0.03, (*shape, 3)).astype(np.float32)
        return tf.constant(np.clip(resize(coarse, shape) + noise, 0, 1)[np.newaxis])

    content, start, style, other = (
        picture(*shape),
        picture(*shape),
        picture(400, 500),
        picture(300, 300),
    )
    fade = tf.constant(
        np.linspace(0, 1, size, dtype=np.float32)[:, None]
        * np.ones((1, shape[0], 1, 1), np.float32)
    )
    whole_style = tf.ones([1, 400, 500, 1]), tf.ones([1, 300, 300, 1])
    for network_name, style_loss, kind in [
        ("VGG19", "gram", "one style"),
        ("VGG19", "moments", "one style"),
        ("VGG19", "wasserstein", "one style"),
        ("built-in", "moments", "two styles blended"),
        ("built-in", "moments", "two regions"),
        ("built-in", "gram", "two regions"),
        ("built-in", "wasserstein", "two regions"),
        ("built-in", "neighbors", "one style"),
        ("built-in", "neighbors", "two regions"),
        ("built-in", "moments", "temporal"),
    ]:
        if network_name == "VGG19" and not weights:
            continue
        own = read_weights(Path(weights)) if network_name == "VGG19" else builtin_weights()
        network = VGG19(own, pooling="auto", padding="edge")
        settings = Settings(
            style_loss=style_loss,
            optimizer="adam",
            content_layers=dict(own.content_layers),
            style_layers=dict(own.style_layers),
        )
        regions, guides, anchors = [[StyleInput(style)]], (), ()
        if kind == "two styles blended":
            regions = [[StyleInput(style), StyleInput(other, 2.0)]]
        elif kind == "two regions":
            guides = (fade, 1 - fade)
            regions = [
                [StyleInput(style, 1.0, whole_style[:1])],
                [StyleInput(other, 1.0, whole_style[1:])],
            ]
        elif kind == "temporal":
            anchors = (Anchor(content, fade),)
        options = {"guides": len(guides), "anchored": bool(anchors)}
        found = []
        joints = "", "block3_conv1"
        for objective in (
            Objective(network, settings, **options),
            *(TiledObjective(network, settings, joint=joint, **options) for joint in joints),
        ):
            objective.tiling = Tiling(tile)
            targets = objective.targets(
                content, start, objective.target_functions(regions), guides=guides, anchors=anchors
            )
            near = objective.neighbor_targets(regions, settings.style_turns)
            targets = targets.matched([(own.side, own.places(start, guides)) for own in near])
            state, losses, _ = objective.step(
                objective.optimizer.init(start),
                targets,
                Hyperparameters.of(settings, size, neighbors=objective.neighbors),
                objective.no_losses(),
            )
            # Adam's first moment after one step is a tenth of the gradient.
            found.append((float(losses["total"]), np.asarray(state.first_moment, np.float64)))
        (loss, gradient), *tiled = found
        for joint, (tiled_loss, tiled_gradient) in zip(joints, tiled, strict=True):
            difference = tiled_gradient - gradient
            yield {
                "network": network_name,
                "style loss": style_loss,
                "what": kind,
                "size": size,
                "tile": tile,
                "joint": joint,
                "loss": abs(tiled_loss / loss - 1),
                "gradient": float(np.linalg.norm(difference) / np.linalg.norm(gradient)),
                "worst pixel": float(np.abs(difference).max() / np.abs(gradient).max()),
            }


def _plot(measured: Path, target: Path) -> None:
    """Draw memory and time over megapixels: measured, killed (crosses), extrapolated (dotted)."""
    import matplotlib.pyplot as plt
    import numpy as np

    lines = [json.loads(line) for line in measured.read_text().splitlines()]
    figure, axes = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
    series: dict[str, list[dict[str, Any]]] = {}
    for line in sorted(lines, key=lambda line: line["size"]):
        how = "whole" if line["tile"] == 0 else "in tiles"
        series.setdefault(f"{line['features']}, {line['optimizer']}, {how}", []).append(line)
    largest = max(line["size"] for line in lines) ** 2 / 1e6
    for name, key, axis in (("GiB", "gib", axes[0]), ("seconds per step", "s_per_step", axes[1])):
        for number, (label, found) in enumerate(series.items()):
            there = [(line["size"] ** 2 / 1e6, line[key]) for line in found if key in line]
            color = f"C{number}"
            axis.plot(*zip(*there, strict=True), "o-", color=color, label=label)
            sizes, values = np.array(there[-2:]).T
            if sizes[-1] < largest:  # In proportion to the pixels, from the two largest on.
                slope, start = np.polyfit(sizes, values, 1)
                beyond = np.geomspace(sizes[-1], largest, 20)
                axis.plot(beyond, slope * beyond + start, ":", color=color)
                killed = [line["size"] ** 2 / 1e6 for line in found if "ended" in line]
                axis.plot(killed, [slope * x + start for x in killed], "x", color=color, ms=10)
        axis.set(xlabel="megapixels", ylabel=name, xscale="log", yscale="log")
        axis.grid(alpha=0.3, which="both")
    axes[0].legend(fontsize=7)
    figure.savefig(target, dpi=130)


def main() -> None:
    """Measure, print and collect."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument(
        "--weights", default="", help="weights file of VGG19; none: the built-in network"
    )
    parser.add_argument("--sizes", type=int, nargs="+", default=[512, 724, 1024])
    parser.add_argument("--tiles", nargs="+", default=["0", "256", "512"], help="sides, or auto")
    parser.add_argument(
        "--free", type=float, default=0.0, help="GiB that runs believe to be free; 0: as it is"
    )
    parser.add_argument("--optimizers", nargs="+", default=["lbfgs"])
    parser.add_argument("--steps", type=int, default=4)
    parser.add_argument("--output", type=Path, default=Path("tiling.jsonl"))
    parser.add_argument("--plot", type=Path, help="draw what is in --output instead")
    parser.add_argument(
        "--equality", type=int, metavar="SIZE", help="compare losses and gradients instead"
    )
    parser.add_argument("--one", help=argparse.SUPPRESS)
    parser.add_argument(
        "--limit", type=float, default=0.0, help="GiB that runs are allowed to take; 0: no limit"
    )
    given = parser.parse_args()
    tiles = [tile if tile == "auto" else int(tile) for tile in given.tiles]
    if given.one:
        print(json.dumps(_measure(**json.loads(given.one))))
        return
    if given.equality:
        for line in _equality(given.weights, given.equality, max(tiles)):
            print(json.dumps(line), flush=True)
        return
    if given.plot:
        _plot(given.output, given.plot)
        return
    features = "vgg19" if given.weights else "builtin"
    for size in given.sizes:
        for optimizer in given.optimizers:
            for tile in tiles:
                case = {
                    "features": features,
                    "weights": given.weights,
                    "size": size,
                    "tile": tile,
                    "optimizer": optimizer,
                    "steps": given.steps,
                    "free": given.free,
                    "limit": given.limit,
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
