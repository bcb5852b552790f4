"""What the benchmarks share: weights, image pairs, recipes, and the machine's name."""

from __future__ import annotations

import argparse
import os
import platform
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import tensorflow as tf
from baselines import Frame

from napari_neural_style.engine import stylize_steps
from napari_neural_style.engine.weights import imagenet_path
from napari_neural_style.job import Job
from napari_neural_style.pictures.files import read_image
from napari_neural_style.pictures.images import FloatImage, to_rgb
from napari_neural_style.presets import catalogue as presets
from napari_neural_style.progress import Progress
from napari_neural_style.sample_data import SAMPLES, load

__all__ = ["PAIRS", "add_weights_option", "image", "machine", "our_frames"]

#: Content and style of the pairs that are judged.
PAIRS = (
    ("harbour_town", "swirling_night"),
    ("astronaut", "stained_glass"),
    ("chelsea", "watercolour"),
    ("coffee", "mosaic"),
    ("rocket", "pointillism"),
    ("astronaut", "woodcut"),
)


def add_weights_option(parser: argparse.ArgumentParser) -> None:
    """Add ``--weights`` to a benchmark's command line."""
    parser.add_argument(
        "--weights",
        type=Path,
        default=imagenet_path(),
        help="weights file of VGG19 (default: ImageNet's in the Keras cache)",
    )


def image(name: str) -> FloatImage:
    """Return a sample image by its key, or the image in a file, as RGB in [0, 1]."""
    pixels = load(name) if name in SAMPLES else read_image(Path(name))
    return to_rgb(pixels)[0]


def machine() -> str:
    """Return what the figures were measured on."""
    processor = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        names = re.findall(r"model name\s*: (.*)", cpuinfo.read_text())
        processor = names[0] if names else processor
    return f"{processor}, {os.cpu_count()} cores, TensorFlow {tf.__version__}"


def our_frames(
    weights: Path,
    content: FloatImage,
    style: FloatImage,
    preset: str = "balanced",
    **changes: object,
) -> Iterator[Frame]:
    """Run ours, in this process, with a frame for each preview."""
    settings = presets.settings(preset, weights=str(weights), **changes)
    for update in stylize_steps(Job(content, style, settings)):
        if isinstance(update, Progress):
            loss = update.losses["total"]
            yield Frame(update.step, update.seconds, np.asarray(update.image), loss)
