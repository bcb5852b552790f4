"""Several scripts of this folder in one process: napari and the engine start once for all of them.

Run under an X server: ``python in_turn.py JSON``, a list of lists, each a script and its arguments.
"""

from __future__ import annotations

import gc
import json
import runpy
import sys
from pathlib import Path

import napari
from qtpy.QtGui import QMovie

assert napari.Viewer
# napari's wheel turns for as long as a run lasts: each turn of it draws the whole window again,
# and without a graphics card that costs as much as all the rest.
QMovie.start = lambda movie: movie.jumpToNextFrame()


def main() -> None:
    for script, *arguments in json.loads(sys.argv[1]):
        # napari collects garbage whenever a window closes: not among modules.
        gc.collect()
        gc.freeze()
        # Where a segmentation fault happened is told by the last of these lines.
        print(script, file=sys.stderr, flush=True)
        path = str(Path(__file__).with_name(script))
        sys.argv = [path, *arguments]
        runpy.run_path(path, run_name="__main__")


if __name__ == "__main__":
    main()
