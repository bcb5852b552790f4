"""What several test modules need: settings for runs of milliseconds, and a patient loop."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

from napari_neural_style.running.style_run import StyleRun

#: One shallow layer of the built-in network: a step takes about a millisecond, once compiled.
QUICK: dict[str, Any] = {
    "features": "builtin",
    "size": 24,
    "steps": 12,
    "update_every": 4,
    "style_loss": "gram",
    "precision": "float32",
    "content_layers": {"block1_conv1": 1.0},
    "style_layers": {"block1_conv1": 1.0},
}
#: The same without an end, for runs that are to be interrupted.
ENDLESS = {**QUICK, "steps": 100_000, "update_every": 50}

#: Seconds after which something is taken to hang; enough for a busy machine to start the engine.
PATIENCE = 240.0


def wait_until(run: StyleRun, condition: Callable[[], object]) -> None:
    """Let the run go on until `condition` holds; fail if the run ends without it."""
    for _ in range(int(10 * PATIENCE)):
        if condition():
            return
        assert not run.over, f"{run!r} ended too early: {run.error}"
        with contextlib.suppress(TimeoutError):
            run.wait(timeout=0.1)
    raise AssertionError(f"It did not come to that: {run!r}")
