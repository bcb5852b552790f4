"""A run whose engine is killed for lack of memory: it goes on where it stood, in smaller tiles.

Where a system refuses memory, TensorFlow says so and the engine makes the tiles smaller by itself.
Most systems refuse nothing, and kill the process that has taken most when there is none left.
"""

from __future__ import annotations

import signal
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from napari_neural_style.costs import estimate_for
from napari_neural_style.costs.available import total_memory
from napari_neural_style.costs.kills import remember_kill
from napari_neural_style.job import Begun, Job
from napari_neural_style.learn_job import LearnJob
from napari_neural_style.progress import Notice, Progress, Update
from napari_neural_style.settings import SMALLEST_TILE

__all__ = ["SmallerTiles", "killed_for_memory"]

#: Where Linux counts the processes that it has killed for lack of memory.
_COUNTS = Path("/proc/vmstat")
#: A run that takes this share of the machine's memory, and is killed, was killed for that.
_LARGE = 0.25


class SmallerTiles:
    """What a run has come to, and how it goes on when its engine is killed.

    Parameters
    ----------
    job : Job or LearnJob
        Only a job with a style can go on: looks are painted in tiles already, and a look that is
        being learnt has none.
    """

    def __init__(self, job: Job | LearnJob) -> None:
        #: What the next engine has to do.
        self.job = job
        self._kills = killed_for_memory()
        self._last: Progress | None = None
        self._told: set[str] = set()
        self._steered: dict[str, float] = {}
        self._again = False
        #: Whether the system, not a guess, said that memory was what it lacked.
        self._is_sure = False

    def steered(self, changes: Mapping[str, float]) -> None:
        """Note what the user has changed on the way."""
        self._steered |= changes

    def is_news(self, update: Update) -> bool:
        """Note what the engine says; return whether another one has not said it before."""
        if isinstance(update, Progress):
            self._last = update
        elif isinstance(update, Notice) and update.fraction is None:
            known = update.text in self._told
            self._told.add(update.text)
            return not (known and self._again)
        return True

    def after(self, code: int | None, last_words: str) -> Notice | None:
        """Return what the user is told if the run goes on, as `job` says; None if it does not.

        Parameters
        ----------
        code : int or None
            Exit code of the engine.
        last_words : str
            The last line that it wrote.
        """
        job = self.job
        if not isinstance(job, Job) or job.look or not self._for_memory(job, code, last_words):
            return None
        settings, shape = job.settings, job.content.shape
        now = settings.tile if settings.tile != "auto" else estimate_for(shape, settings).tile
        side = (now or min(settings.size, max(shape[:2]))) // 2
        if side < SMALLEST_TILE:
            return None
        if self._is_sure:
            remember_kill(shape, settings, now)
        self.job = self._going_on(replace(job, settings=settings.replace(tile=side)))
        self._again = True
        step = self._last.step if self._last else 0
        return Notice(
            f"The memory ran out, and the engine process was killed: the run goes on from step "
            f"{step}, in tiles of {side} pixels.",
            important=True,
        )

    def _for_memory(self, job: Job, code: int | None, last_words: str) -> bool:
        if code == -getattr(signal, "SIGABRT", 0):
            self._is_sure = "bad_alloc" in last_words  # C++ was refused memory.
            return self._is_sure
        if code != -9:
            return False
        kills = killed_for_memory()
        if kills is not None and self._kills is not None and kills > self._kills:
            self._kills = kills
            self._is_sure = True
            return True
        self._is_sure = False
        # Not every system counts, nor every program that watches over one.
        needed = estimate_for(job.content.shape, job.settings).bytes
        return needed is not None and needed > _LARGE * total_memory()

    def _going_on(self, job: Job) -> Job:
        """Return the job from its last picture on, steered as it was."""
        begun, steering = job.begun, job.steering
        if last := self._last:
            begun = Begun(last.step, last.image, last.seconds)
            steering = last.steering + tuple(item for item in steering if item[0] >= last.step)
        known = {n: value for _, changes in steering for n, value in changes.items()}
        # What the engine was told after its last word.
        late = {n: value for n, value in self._steered.items() if known.get(n) != value}
        if late:
            steering += ((begun.step if begun else 0, late),)
        return replace(job, begun=begun, steering=steering)


def killed_for_memory() -> int | None:
    """Return how many processes Linux has killed for lack of memory; None where it is not told."""
    with suppress(OSError, ValueError):
        for line in _COUNTS.read_text().splitlines():
            name, _, count = line.partition(" ")
            if name == "oom_kill":
                return int(count)
    return None
