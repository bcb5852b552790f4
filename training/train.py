"""Train the small built-in feature network and write its weights file.

The network learns to tell patches of a few free pictures apart, however they are turned,
recoloured and drowned in noise (see README.md). An hour on two CPU
cores will do; a GPU is used if there is one.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
WEIGHTS = ROOT / "src" / "napari_neural_style" / "engine" / "builtin_weights.npz"


def build_parser() -> argparse.ArgumentParser:
    """Return the command line's parser."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    add = parser.add_argument
    add(
        "--checkpoint",
        type=Path,
        default=ROOT / "training" / "checkpoint.npz",
        metavar="FILE",
        help="where to keep the training's state; it is resumed from there",
    )
    add(
        "--start", type=Path, metavar="FILE", help="checkpoint of an earlier training to begin with"
    )
    add("--output", type=Path, default=WEIGHTS, metavar="FILE", help="weights file to write")
    add("--export-only", action="store_true", help="write the weights of the checkpoint as it is")
    add("--seed", type=int, default=0, help="of the first weights, the textures and every crop")
    add("--steps", type=int, default=12000, help="steps of the whole training")
    add("--batch", type=int, default=64, help="crops a step")
    add("--rate", type=float, default=0.05, help="highest learning rate")
    add("--decay", type=float, default=5e-4, help="weight decay")
    add(
        "--widths",
        type=int,
        nargs=5,
        default=[32, 64, 96, 128, 128],
        metavar="N",
        help="channels of the five blocks (VGG19: 64 128 256 512 512)",
    )
    add(
        "--smooth-blocks",
        type=int,
        default=3,
        metavar="N",
        help="kernels up to this block are blind to one-pixel stripes and checks; 0 for none",
    )
    add("--noise", type=float, default=45.0, help="largest noise, in grey levels of 255")
    add("--blur", type=float, default=0.25, help="share of blurred crops")
    add("--colour", type=float, default=0.5, help="weight of recovering the clean colours")
    add(
        "--attack",
        type=float,
        default=0.0,
        metavar="LENGTH",
        help="length of the adversarial perturbation of a crop in [0, 1]; 0 for none",
    )
    add("--replays", type=int, default=3, help="steps on each batch under attack")
    add("--textures", type=int, default=400, help="procedural textures to learn from")
    add(
        "--paintings",
        type=Path,
        default=ROOT / "sample_data",
        metavar="DIR",
        help="folder of further pictures (*.jpg)",
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
    from augmentation import Augmentation
    from export import export
    from loop import Plan, train
    from material import collect
    from network import Network

    material = collect(args.seed, args.paintings, args.textures)
    for source, count in material.counts.items():
        print(f"{count:5d} patches from {source}")
    network = Network(
        args.widths, len(material.patches), args.seed, args.precision, args.smooth_blocks
    )
    augmentation = Augmentation(noise=args.noise / 255, blur=args.blur)
    plan = Plan(
        seed=args.seed,
        steps=args.steps,
        batch=args.batch,
        rate=args.rate,
        decay=args.decay,
        colour=args.colour,
        attack=args.attack,
        replays=args.replays,
    )
    if args.export_only:
        plan = Plan(seed=args.seed, steps=0)
    train(network, material, augmentation, plan, args.checkpoint, args.start)
    digest = export(network, material, augmentation, args.seed, args.output)
    size = args.output.stat().st_size / 1e6
    print(f"{args.output}: {size:.1f} MB, SHA-256 {digest}")


if __name__ == "__main__":
    main()
