"""A slide of any size painted with a look by several workers, into a zarr folder napari opens.

python benchmarks/slide.py night.look --side 30000 --workers 2 --memory 4GB --folder slide

The slide is a sample image, enlarged and turned about so that no two places are alike. Told are the
time, the most memory that a worker and its engine took, and whether there are seams.
"""

from __future__ import annotations

import argparse
import shutil
import threading
import time
from pathlib import Path

import dask.array
import numpy as np
import psutil
import zarr
from dask.distributed import Client, LocalCluster
from numpy.typing import NDArray

from napari_neural_style import Look, paint_lazily, save_levels
from napari_neural_style.engine.look_painting import Painter
from napari_neural_style.look_network import TILE
from napari_neural_style.pictures.files import write_image
from napari_neural_style.pictures.images import to_rgb
from napari_neural_style.sample_data import load

_CHUNK = 1000
_ACROSS = 1600


def main() -> None:
    """Make the slide, paint it, look at it, and print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("look", type=Path)
    parser.add_argument("--content", default="harbour_town", help="key of a sample")
    parser.add_argument("--side", type=int, default=30_000, help="in pixels")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--memory", default="4GB", help="of each worker")
    parser.add_argument("--folder", type=Path, default=Path("slide"))
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    look = Look.load(given.look)
    cluster = LocalCluster(n_workers=given.workers, threads_per_worker=1, memory_limit=given.memory)
    with cluster, Client(cluster), Watch() as watch:
        slide = _slide(load(given.content), given.side, given.folder / "slide.zarr")
        start = time.perf_counter()
        place = save_levels(
            paint_lazily(slide, look), given.folder / "painted.zarr", overwrite=True
        )
        seconds = time.perf_counter() - start
    pixels = given.side**2 / 1e6
    print(f"{pixels:.0f} megapixels in {seconds:.0f} s, {pixels / seconds:.1f} a second")
    print(
        "at most, GB:", ", ".join(f"{name} {most / 1e9:.1f}" for name, most in watch.most.items())
    )
    painted = dask.array.from_zarr(str(place), component="00")
    _seams(painted, slide, look)
    smallest = zarr.open_array(place / sorted(p.name for p in place.iterdir() if p.is_dir())[-1])
    write_image(given.folder / "whole.png", smallest[:])
    middle = given.side // 2
    write_image(
        given.folder / "middle.png",
        painted[middle : middle + 800, middle : middle + 1200].compute(),
    )


class Watch:
    """Remembers the most memory of this process's descendants, workers and engines apart."""

    def __init__(self) -> None:
        self.most = {"a worker": 0, "an engine": 0, "all": 0}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._over.wait(0.5):
            total = 0
            for child in psutil.Process().children(recursive=True):
                try:
                    used = child.memory_info().rss
                    engine = any("napari_neural_style" in word for word in child.cmdline())
                except psutil.Error:
                    continue
                total += used
                name = "an engine" if engine else "a worker"
                self.most[name] = max(self.most[name], used)
            self.most["all"] = max(self.most["all"], total)


def _slide(image: NDArray[np.uint8], side: int, path: Path) -> dask.array.Array:
    """Return a slide in zarr: the image mirrored and turned over and over, with its own light."""
    if not path.exists():
        large = np.kron(image, np.ones((2, 2, 1), np.uint8))[:_ACROSS, :_ACROSS]
        height, width = large.shape[:2]

        def block(block_info: dict[None, dict[str, list[tuple[int, int]]]]) -> NDArray[np.uint8]:
            (top, bottom), (left, right), _ = block_info[None]["array-location"]
            rows, columns = np.arange(top, bottom), np.arange(left, right)
            # There and back again, at another slant in each repeat.
            rows = (rows[:, None] + columns[None] // 7) % (2 * height)
            columns = (columns[None] + np.arange(top, bottom)[:, None] // 5) % (2 * width)
            rows = np.minimum(rows, 2 * height - 1 - rows)
            columns = np.minimum(columns, 2 * width - 1 - columns)
            return large[rows, columns]

        chunks = [_lengths(side), _lengths(side), (3,)]
        made = dask.array.map_blocks(block, dtype=np.uint8, chunks=chunks, meta=large[:0])
        part = path.with_suffix(".part")
        shutil.rmtree(part, ignore_errors=True)
        made.to_zarr(str(part))
        part.rename(path)
    return dask.array.from_zarr(str(path))


def _lengths(side: int) -> tuple[int, ...]:
    return tuple(min(_CHUNK, side - start) for start in range(0, side, _CHUNK))


def _seams(painted: dask.array.Array, slide: dask.array.Array, look: Look) -> None:
    """Tell how far the tiles around a corner are from the same place painted at once."""
    corner, reach, margin = TILE, 100, 2 * look.network.widths.margin
    near = slice(corner - reach, corner + reach)
    wide = slice(corner - reach - margin, corner + reach + margin)
    # One picture that begins at the slide's own corner, so that the grain is the same.
    image = to_rgb(slide[: wide.stop, : wide.stop].compute())[0]
    whole = Painter(look.network, "float32", "/CPU:0")(image, tile=4 * TILE)[near, near]
    tiles = paint_lazily(slide.astype(np.float32) / 255, look, precision="float32")
    difference = np.abs(tiles[near, near].compute() - whole).max()
    print(f"around the corner of four tiles, in float32, against one picture: {difference:.1e}")
    close = np.abs(painted[near, near].compute() / 255 - whole).max()
    print(f"as it was saved, against that: {close:.3f} at most")


if __name__ == "__main__":
    main()
