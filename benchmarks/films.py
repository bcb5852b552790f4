"""A film painted from a painting: how long each stage takes, flicker, and light that drifts.

python benchmarks/films.py --pair harbour_town swirling_night --frames 300 --pictures films

The film's true motion is known (see ``flicker.py``). It is written into a file, painted by
``stylize_film``, and painted once more with the look that was learnt, every frame on its own.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import av
import numpy as np
from common import image, machine
from flicker import film, flicker
from numpy.typing import NDArray

from napari_neural_style import stylize_film
from napari_neural_style.film_stages import FilmProgress
from napari_neural_style.learn_job import LEARNING_STEPS
from napari_neural_style.pictures.files import write_image
from napari_neural_style.pictures.images import fit, resize
from napari_neural_style.progress import Notice

_RATE = 25
#: Frames of the strip, and its width in pixels.
_SHOWN, _WIDTH = 4, 1600


def main() -> None:
    """Make the film, paint it both ways, and print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pair", nargs=2, default=("harbour_town", "swirling_night"))
    parser.add_argument("--frames", type=int, default=300)
    parser.add_argument("--size", type=int, default=512)
    parser.add_argument("--preset", default="balanced")
    parser.add_argument("--key-frames", type=int, default=3)
    parser.add_argument("--learning-steps", type=int, default=LEARNING_STEPS)
    parser.add_argument("--pictures", type=Path, help="folder to save a strip and the films in")
    given = parser.parse_args()
    content, style = (np.rint(255 * image(name)).astype(np.uint8) for name in given.pair)
    frames, cameras = film(content.astype(np.float32) / 255, given.frames, given.size)
    with tempfile.TemporaryDirectory() as scratch:
        folder = given.pictures or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        original = _written(folder / "film.mp4", np.rint(255 * frames).astype(np.uint8))
        clock = Clock()
        start = time.perf_counter()
        painted = stylize_film(
            original,
            style,
            folder / "painted.mp4",
            preset=given.preset,
            size=given.size,
            key_frames=given.key_frames,
            learning_steps=given.learning_steps,
            callback=clock,
        )
        whole = time.perf_counter() - start
        stages = ", ".join(f"{stage} {seconds:.0f} s" for stage, seconds in clock.stages.items())
        print(f"{machine()}\n{given.frames} frames in {whole:.0f} s: {stages}")
        own = stylize_film(original, painted.look, folder / "own.mp4", temporal_consistency=0)
        print(f"\n{'film':28} {'flicker':>8} {'drift of light':>15}")
        strips = []
        for name, path in (
            ("the content itself", original),
            ("each frame on its own", own.path),
            ("held to the one before", painted.path),
        ):
            seen = _read(path)
            print(
                f"{name:28} {flicker(seen, cameras):8.4f} {_drift(seen, frames):14.2%}", flush=True
            )
            some = seen[:: max(len(seen) // _SHOWN, 1)][:_SHOWN]
            strips.append(np.concatenate(list(some), axis=1))
        if given.pictures:
            strip = np.concatenate(strips)
            strip = resize(strip, fit(strip.shape, _WIDTH))
            write_image(folder / "strip.jpg", np.rint(255 * strip).astype(np.uint8))


class Clock:
    """Takes the time of each stage from what `stylize_film` tells."""

    def __init__(self) -> None:
        self.stages: dict[str, float] = {}
        self._last = time.perf_counter()

    def __call__(self, news: FilmProgress | Notice) -> None:
        """Add what has passed since the last news."""
        now = time.perf_counter()
        if isinstance(news, FilmProgress):
            self.stages[news.stage] = self.stages.get(news.stage, 0.0) + now - self._last
            self._last = now


def _drift(painted: NDArray[np.float32], contents: NDArray[np.float32]) -> float:
    """Return how far the last tenth is lighter or darker than the first, over its mean.

    What the content itself has become lighter or darker does not count.
    """
    part = max(len(painted) // 10, 1)
    light = [film[-part:].mean() / film[:part].mean() for film in (painted, contents)]
    return float(abs(light[0] / light[1] - 1))


def _written(path: Path, frames: NDArray[np.uint8]) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=_RATE, options={"crf": "14"})
        stream.height, stream.width = frames.shape[1:3]
        stream.pix_fmt = "yuv420p"
        for pixels in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        container.mux(stream.encode(None))
    return path


def _read(path: Path) -> NDArray[np.float32]:
    with av.open(str(path)) as container:
        frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    return np.stack(frames).astype(np.float32) / 255


if __name__ == "__main__":
    main()
