"""An engine that paints at once, and what it paints is known: the negative of the content."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Callable, Generator
from typing import Any

import numpy as np

from napari_neural_style.control import Control
from napari_neural_style.job import Job
from napari_neural_style.progress import Notice, Progress, Steering


def pretended_progress(step: int, total: int, **others: Any) -> Progress:
    """Return the news of a step that took two seconds; by name, what it says beside that."""
    news: dict[str, Any] = {
        "losses": {"total": 1.0},
        "seconds": 2.0 * step,
        "remaining": 2.0 * (total - step),
        "image": np.zeros((2, 3, 3), np.float32),
        "features": "pretended",
        "style_loss": "Gram",
        "device": "CPU",
        "precision": "float32",
    }
    return Progress(step=step, total=total, fraction=step / total, **news | others)


class PretendedEngine:
    """In the place of the engine process; remembers its jobs.

    Parameters
    ----------
    before : callable, optional
        Called with the number of the job, from 0, and the control before each of its steps; may
        raise what an engine raises.
    """

    def __init__(self, before: Callable[[int, Control], object] = lambda _, __: None) -> None:
        self.jobs: list[Job] = []
        self._before = before

    def warm_up(self) -> None:
        """There is nothing to start."""

    def stylize_steps(
        self, job: Job, control: Control | None = None
    ) -> Generator[Progress | Notice | None, None, None]:
        control = control or Control()
        self.jobs.append(job)
        number = len(self.jobs) - 1
        total = job.settings.steps
        steering: Steering = ()
        for step in range(1, total + 1):
            self._before(number, control)
            control.checkpoint()
            planned = [changes for done, changes in job.steering if done == step - 1]
            if steered := dict(ChainMap(control.take_changes(), *planned)):
                steering += ((step - 1, steered),)
            yield None
            yield pretended_progress(
                step,
                total,
                losses={"total": 1 / step, "content": 0.0, "style": 1 / step, "tv": 0.0},
                image=(np.float32(1) - job.content).astype(np.float32),
                steering=steering,
            )
