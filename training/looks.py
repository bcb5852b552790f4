"""Train the networks that looks start from, and write their file (see looks.md).

Many pictures are painted by optimisation; one set of kernels then learns to paint all of them, with
a factor and a bias of its own for each style and channel. Two CPU cores that know bfloat16 will do.
It can be stopped at any time, and goes on where it was.
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray
from safetensors.numpy import load_file, save_file
from start_losses import StartLosses
from tqdm import tqdm

from napari_neural_style.engine import stylize_steps
from napari_neural_style.engine.arithmetic import pick_precision
from napari_neural_style.engine.builtin_network import builtin_weights
from napari_neural_style.engine.look_critic import LookCritic
from napari_neural_style.engine.look_crops import Crops
from napari_neural_style.engine.look_layers import first_parameters, painted
from napari_neural_style.engine.look_optimizer import is_inner
from napari_neural_style.engine.look_start import FILE
from napari_neural_style.engine.parameter_adam import Adam
from napari_neural_style.job import Job
from napari_neural_style.learn_job import Pair
from napari_neural_style.look_network import Widths, parameter_shapes
from napari_neural_style.pictures.images import fit, resize, to_rgb
from napari_neural_style.presets import catalogue
from napari_neural_style.progress import Progress
from napari_neural_style.sample_data import load

ROOT = Path(__file__).resolve().parents[1]

#: What is painted in what: none of these styles is what looks are measured with.
CONTENTS = ("chelsea", "coffee", "rocket", "harbour_town")
STYLES = ("swirling_night", "mosaic", "woodcut", "watercolour", "palette_knife", "pointillism")

_CROP, _BATCH = 128, 4
_WARM_UP, _CLIP = 50, 1.0
_AVERAGING = 0.995
#: By how much the kernels between channels are smaller in the file: of large kernels as many steps
#: change less (shrinking: J. Ash and R. Adams, arXiv:1910.08475).
_SHRUNK = 0.55


def build_parser() -> argparse.ArgumentParser:
    """Return the command line's parser."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    add = parser.add_argument
    add("--pairs", type=Path, default=ROOT / "training" / "pairs", help="where painted pairs are")
    add("--checkpoint", type=Path, default=ROOT / "training" / "looks.safetensors")
    add("--output", type=Path, default=ROOT / "src/napari_neural_style/engine" / FILE)
    add("--steps", type=int, default=4000)
    add("--size", type=int, default=384, help="longest side of the pairs in pixels")
    add("--rate", type=float, default=3e-3, help="highest learning rate")
    add("--save-every", type=int, default=100)
    add("--seed", type=int, default=0)
    add("--export-only", action="store_true", help="write the file of the checkpoint as it is")
    return parser


class Looks:
    """Networks that share their kernels, as variables.

    Parameters
    ----------
    widths : Widths
    count : int
        How many there are.
    seed : int
    """

    def __init__(self, widths: Widths, count: int, seed: int) -> None:
        self.widths = widths
        self.variables: dict[str, tf.Variable] = {}
        for name, array in first_parameters(widths, seed).items():
            layer, _, part = name.rpartition(".")
            if part == "kernel":
                self.variables[name] = tf.Variable(array)
                factors = np.ones((count, array.shape[-1]), np.float32)
                self.variables[f"{layer}.factors"] = tf.Variable(factors)
            else:
                biases = np.zeros((count, len(array)), np.float32)
                self.variables[f"{layer}.biases"] = tf.Variable(biases)

    def parameters(self, number: tf.Tensor, precision: str) -> dict[str, tf.Tensor]:
        """Return those of one network."""
        found = {}
        for name in parameter_shapes(self.widths):
            layer, _, part = name.rpartition(".")
            if part == "bias":
                value = self.variables[f"{layer}.biases"][number]
            else:
                value = self.variables[name] * self.variables[f"{layer}.factors"][number]
            found[name] = tf.cast(value, precision)
        return found


def paint_pairs(folder: Path, size: int) -> list[list[Pair]]:
    """Return the pairs of each style; those that are not in the folder are painted into it."""
    folder.mkdir(parents=True, exist_ok=True)
    return [[_pair(folder, content, style, size) for content in CONTENTS] for style in STYLES]


def _pair(folder: Path, content: str, style: str, size: int) -> Pair:
    file = folder / f"{content}_{style}.npz"
    if not file.exists():
        photo, painting = (to_rgb(load(name))[0] for name in (content, style))
        photo = resize(photo, fit(photo.shape, size))
        settings = catalogue.settings("balanced", features="builtin", size=size, steps=60)
        for update in stylize_steps(Job(photo, painting, settings)):
            if isinstance(update, Progress):
                result = update.image
        np.savez(file, content=photo, result=result)
    with np.load(file) as saved:
        return Pair(saved["content"], saved["result"])


def train(looks: Looks, pairs: Sequence[Sequence[Pair]], given: argparse.Namespace) -> None:
    """Train, from the checkpoint on if there is one, and leave the result in it."""
    precision = pick_precision("auto", "/CPU:0")
    losses = StartLosses(LookCritic(builtin_weights(), precision))
    variables, adam = looks.variables, Adam(looks.variables)
    averages = {f"average/{name}": tf.Variable(v) for name, v in variables.items()}
    state = {**variables, **adam.moments, **averages}
    first = _restore(given.checkpoint, state)
    crops = [
        Crops(several, looks.widths.margin, _CROP, given.seed + first + 1000 * number)
        for number, several in enumerate(pairs)
    ]

    @tf.function(autograph=False)
    def update(
        contents: tf.Tensor,
        results: tf.Tensor,
        grains: tf.Tensor,
        number: tf.Tensor,
        step: tf.Tensor,
        rate: tf.Tensor,
    ) -> tf.Tensor:
        with tf.GradientTape() as tape:
            found = painted(looks.parameters(number, precision), looks.widths, contents, grains)
            loss = losses(found, results)
        gradients = tape.gradient(loss, list(variables.values()))
        gradients = [tf.convert_to_tensor(g) for g in gradients]
        adam.step(tf.clip_by_global_norm(gradients, _CLIP)[0], step, rate)
        keep = tf.minimum(_AVERAGING, step / (step + 9))
        for name, variable in variables.items():
            average = averages[f"average/{name}"]
            average.assign(keep * average + (1 - keep) * variable)
        return loss

    shown: dict[int, float] = {}
    with tqdm(total=given.steps, initial=first, unit="step", mininterval=5) as bar:
        for step in range(first, given.steps):
            number = step % len(pairs)
            rate = given.rate * min(1, (step + 1) / _WARM_UP)
            rate *= 0.5 * (1 + math.cos(math.pi * step / given.steps))
            loss = update(
                *map(tf.constant, crops[number].draw(_BATCH)[:3]),
                tf.constant(number),
                tf.constant(step + 1.0),
                tf.constant(rate, tf.float32),
            )
            shown[number] = 0.9 * shown.get(number, float(loss)) + 0.1 * float(loss)
            bar.set_postfix_str(" ".join(f"{v:.2f}" for v in shown.values()), refresh=False)
            bar.update()
            if (step + 1) % given.save_every == 0 or step + 1 == given.steps:
                arrays = {name: variable.numpy() for name, variable in state.items()}
                _save(given.checkpoint, arrays, {"step": str(step + 1)})


def export(checkpoint: Path, widths: Widths, output: Path) -> None:
    """Write the averages of a checkpoint as the file that comes with the package."""
    arrays = {}
    for key, array in load_file(checkpoint).items():
        if key.startswith("average/"):
            name = key.removeprefix("average/")
            share = _SHRUNK if is_inner(name) else 1.0
            arrays[name] = (share * array).astype(np.float16)
    about = {"outer": widths.outer, "inner": widths.inner, "blocks": widths.blocks}
    _save(output, arrays, {"widths": json.dumps(about)})
    print(f"{output}: {output.stat().st_size / 1e6:.2f} MB")


def _save(path: Path, arrays: dict[str, NDArray], metadata: dict[str, str]) -> None:
    partial = path.with_suffix(".partial")
    save_file(arrays, partial, metadata)
    partial.replace(path)


def _restore(path: Path, state: dict[str, tf.Variable]) -> int:
    if not path.exists():
        return 0
    for name, array in load_file(path).items():
        state[name].assign(array)
    data = path.read_bytes()
    header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
    return int(header["__metadata__"]["step"])


def main(arguments: Sequence[str] | None = None) -> None:
    """Paint what is missing, train, and write the file."""
    given = build_parser().parse_args(arguments)
    widths = Widths()
    if not given.export_only:
        pairs = paint_pairs(given.pairs, given.size)
        train(Looks(widths, len(pairs), given.seed), pairs, given)
    export(given.checkpoint, widths, given.output)


if __name__ == "__main__":
    main()
