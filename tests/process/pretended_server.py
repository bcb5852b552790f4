"""An engine process that paints its content at once, and says which process it is.

With NEURAL_STYLE_TESTS_LARGEST_TILE set, it is killed at its third step where tiles are larger, as
by a system that has no memory left.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections import ChainMap
from pathlib import Path
from typing import Any

sys.path[:0] = json.loads(os.environ["NAPARI_NEURAL_STYLE_PATH"])
sys.path.insert(0, str(Path(__file__).parent.parent))

from napari_neural_style.process import server  # noqa: E402
from napari_neural_style.progress import Notice  # noqa: E402
from pretended import pretended_progress  # noqa: E402


def _serve(start: Any, control: Any, answers: Any) -> None:
    settings, begun = start.job.settings, start.job.begun
    largest = int(os.environ.get("NEURAL_STYLE_TESTS_LARGEST_TILE", "0"))
    steering = tuple(item for item in start.job.steering if begun and item[0] < begun.step)
    if largest:
        server.send(answers, (start.run, Notice("It begins.", important=True)))
    for step in range(begun.step + 1 if begun else 1, settings.steps + 1):
        if control.cancelled:
            return
        planned = [changes for done, changes in start.job.steering if done == step - 1]
        if steered := dict(ChainMap(control.take_changes(), *planned)):
            steering += ((step - 1, steered),)
        if step >= 3 and 0 < largest < (9999 if settings.tile == "auto" else settings.tile):
            os.kill(os.getpid(), signal.SIGKILL)
        losses = {"total": 1.0, "content": 0.0, "style": 1.0, "pid": float(os.getpid())}
        update = pretended_progress(
            step, settings.steps, image=start.job.content, losses=losses, steering=steering
        )
        server.send(answers, (start.run, update))


server._prepare_tensorflow = lambda: None
server._serve = _serve
server.main()
