"""Flicker of a painted film whose true motion is known: frame by frame, and with consistency.

python benchmarks/flicker.py --style swirling_night --consistency 0 1
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
from napari.components import ViewerModel
from numpy.typing import NDArray
from scipy.ndimage import map_coordinates

from napari_neural_style import stylize_layers
from napari_neural_style.pictures.files import read_image, write_image
from napari_neural_style.pictures.images import fit, to_rgb
from napari_neural_style.sample_data import SAMPLES, load

Affine = NDArray[np.float64]


def main() -> None:
    """Make the film, paint it in each way, print a table and save strips of frames."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--content", default="astronaut", help="a sample's key or a file")
    parser.add_argument("--style", default="swirling_night", help="a sample's key or a file")
    parser.add_argument("--consistency", type=float, nargs="+", default=[0.0, 0.5, 1.0])
    parser.add_argument("--frames", type=int, default=6)
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--preset", default="balanced")
    parser.add_argument("--steps", type=int)
    parser.add_argument("--temporal-weight", type=float)
    parser.add_argument("--features", default="builtin")
    parser.add_argument("--weights", default="auto")
    parser.add_argument("--pictures", type=Path, help="folder to save strips of frames in")
    given = parser.parse_args()

    style = _image(given.style)
    frames, cameras = film(_image(given.content), given.frames, given.size)
    settings = {
        name: value
        for name in ("preset", "size", "steps", "temporal_weight", "features", "weights")
        if (value := getattr(given, name)) is not None
    }
    print(f"{'film':24} {'flicker':>8} {'change':>8} {'s':>7}")
    print(f"{'the content itself':24} {flicker(frames, cameras):8.4f}")
    if given.pictures:
        given.pictures.mkdir(parents=True, exist_ok=True)
        write_image(given.pictures / "content.png", _strip(frames))
    for consistency in given.consistency:
        start = time.perf_counter()
        painted = paint(frames, style, temporal_consistency=consistency, **settings)
        seconds = time.perf_counter() - start
        change = float(np.abs(painted - frames).mean())
        name = f"consistency {consistency:g}" if consistency else "frame by frame"
        print(
            f"{name:24} {flicker(painted, cameras):8.4f} {change:8.4f} {seconds:7.1f}", flush=True
        )
        if given.pictures:
            write_image(given.pictures / f"consistency_{consistency:g}.png", _strip(painted))


def film(
    image: NDArray[np.float32], count: int, size: int, turn: int = 30
) -> tuple[NDArray[np.float32], list[Affine]]:
    """Return a film that pans over an image and zooms into it, and where its cameras were.

    Each camera takes (row, column, 1) of a frame to the image; every frame moves by a few pixels.
    After every `turn` frames it turns round.
    """
    height, width = fit(image.shape, size)
    scale = image.shape[0] / height
    frames, cameras = [], []
    for number in range(count):
        k = turn - abs(number % (2 * turn) - turn)
        zoom = 0.8 * scale * (1 - 0.012 * k)
        camera = np.diag([zoom, zoom, 1.0])
        camera[:2, 2] = (2.5 + 1.3 * k) * scale, (3.0 + 2.1 * k) * scale
        places = _moved(camera, (height, width))
        channels = [
            map_coordinates(image[..., c], places, order=1, mode="nearest") for c in range(3)
        ]
        frames.append(np.stack(channels, axis=-1))
        cameras.append(camera)
    return np.stack(frames).astype(np.float32), cameras


def flicker(frames: NDArray[np.float32], cameras: list[Affine]) -> float:
    """Return the mean absolute difference between each frame and the true motion of the last.

    Over the pixels that were in sight before, and all colours; 0 to 1.
    """
    differences = []
    for k in range(1, len(frames)):
        places = _moved(np.linalg.inv(cameras[k - 1]) @ cameras[k], frames.shape[1:3])
        limits = np.reshape(frames.shape[1:3], (2, 1, 1)) - 1
        inside = ((places >= 0) & (places <= limits)).all(axis=0)
        for c in range(3):
            before = map_coordinates(frames[k - 1, ..., c], places, order=3, mode="nearest")
            differences.append(np.abs(frames[k, ..., c] - np.clip(before, 0, 1))[inside])
    return float(np.concatenate(differences).mean())


def paint(
    frames: NDArray[np.float32], style: NDArray[np.float32], **settings: object
) -> NDArray[np.float32]:
    """Return the film in the style, painted as it is from napari's console."""
    viewer = ViewerModel()
    viewer.add_image(frames, name="film", rgb=True, contrast_limits=(0, 1))
    viewer.add_image(style, name="style", rgb=True, contrast_limits=(0, 1))
    viewer.dims.set_current_step(0, 0)
    run = stylize_layers(viewer, "film", "style", slices="all", **settings).wait()
    return run.layer.data[..., :3].astype(np.float32) / 255


def _moved(matrix: Affine, shape: tuple[int, ...]) -> NDArray[np.float64]:
    grid = np.indices(shape).reshape(2, -1)
    points = matrix[:2, :2] @ grid + matrix[:2, 2:]
    return points.reshape(2, *shape)


def _image(name: str) -> NDArray[np.float32]:
    return to_rgb(load(name) if name in SAMPLES else read_image(Path(name)))[0]


def _strip(frames: NDArray[np.float32]) -> NDArray[np.uint8]:
    return np.rint(255 * np.concatenate(list(frames), axis=1)).astype(np.uint8)


if __name__ == "__main__":
    main()
