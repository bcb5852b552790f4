"""Distil the small built-in feature network from VGG19 and write its weights file.

A narrow network learns to see what VGG19 sees (see README.md). Two CPU cores that know bfloat16
will do; a GPU is used if there is one. It can be stopped at any time, and goes on where it was.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
WEIGHTS = ROOT / "src" / "napari_neural_style" / "engine" / "builtin_weights.npz"

#: Crops that the start is fitted on.
_START_CROPS = 384


def build_parser() -> argparse.ArgumentParser:
    """Return the command line's parser."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    add = parser.add_argument
    add("teacher", type=Path, metavar="FILE", help="weights of VGG19: all layers, or the first few")
    add(
        "--checkpoint",
        type=Path,
        default=ROOT / "training" / "checkpoint.npz",
        metavar="FILE",
        help="where to keep the training's state; it is resumed from there",
    )
    add("--output", type=Path, default=WEIGHTS, metavar="FILE", help="weights file to write")
    add("--export-only", action="store_true", help="write the weights of the checkpoint as it is")
    add(
        "--average",
        type=Path,
        nargs="+",
        metavar="FILE",
        help="copies of earlier checkpoints: write the mean of their weights, without training on",
    )
    add("--seed", type=int, default=0, help="of the start, the textures and every crop")
    add("--steps", type=int, default=10_000, help="steps of the whole training")
    add("--batch", type=int, default=24, help="crops a step")
    add("--crop", type=int, default=64, help="side of a crop in pixels")
    add("--rate", type=float, default=2e-3, help="highest learning rate")
    add(
        "--widths",
        type=int,
        nargs=5,
        default=[32, 64, 96, 192, 192],
        metavar="N",
        help="channels of the five blocks (VGG19: 64 128 256 512 512)",
    )
    add("--paint-every", type=int, default=400, help="steps between paintings; 0 for none")
    add("--textures", type=int, default=400, help="procedural textures to learn from")
    add(
        "--paintings",
        type=Path,
        default=ROOT / "sample_data",
        metavar="DIR",
        help="folder of paintings (*.jpg)",
    )
    add(
        "--precision",
        choices=("bfloat16", "float32"),
        default="bfloat16",
        help="arithmetic of the convolutions; bfloat16 is slow on CPUs without support for it",
    )
    return parser


def main() -> None:
    """Train as the command line says."""
    args = build_parser().parse_args()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    # TensorFlow takes seconds to import: not before the arguments are known to be right.
    import tensorflow as tf
    from augmentation import Augmentation
    from checkpoint import Checkpoint, averaged
    from distil import Plan, Pupil, distil
    from export import export
    from material import collect
    from network import teacher
    from start import first_student

    from napari_neural_style.engine.weights import read_weights

    material = collect(args.seed, args.paintings, args.textures)
    for source, count in material.counts.items():
        print(f"{count:5d} patches from {source}")
    augmentation = Augmentation(crop=args.crop)
    plan = Plan(
        seed=args.seed,
        steps=0 if args.export_only or args.average else args.steps,
        batch=args.batch,
        rate=args.rate,
        paint_every=args.paint_every,
        augmentation=augmentation,
    )
    chosen = material.patches[:: max(1, len(material.patches) // _START_CROPS)][:_START_CROPS]
    images = augmentation(tf.constant(chosen), tf.constant([args.seed, -2]))
    taught = teacher(read_weights(args.teacher), images)
    checkpoint = Checkpoint(args.checkpoint)
    start = checkpoint.start() or first_student(taught, args.widths, images, args.seed)
    widths = [kernel.shape[-1] for name, kernel in start[0].kernels.items() if "conv1" in name]
    if widths != args.widths[: len(widths)]:
        raise SystemExit(
            f"{args.checkpoint} belongs to a training of the widths {widths}: "
            f"remove it or name another one."
        )
    pupil = Pupil(*start, taught.in_precision(args.precision))
    distil(pupil, material, plan, checkpoint, args.checkpoint.with_suffix(".log"))
    if args.average:
        averaged(args.average, pupil.variables)
    digest = export(
        pupil.student,
        material,
        args.output,
        metric=pupil.metric(pupil.student.layers[-1]),
        seed=args.seed,
        deep_widths=args.widths[3:],
        origin={
            "title": "Distilled from VGG19",
            "origin": "Learnt from the weights of VGG19 by K. Simonyan and A. Zisserman, Visual "
            "Geometry Group, University of Oxford, licensed under CC BY 4.0 "
            "(https://creativecommons.org/licenses/by/4.0/); narrowed and changed.",
            "widths": "-".join(map(str, args.widths)),
        },
    )
    size = args.output.stat().st_size / 1e6
    print(f"{args.output}: {size:.1f} MB, SHA-256 {digest}")


if __name__ == "__main__":
    main()
