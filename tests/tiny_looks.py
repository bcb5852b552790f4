"""Looks with networks so small that they paint and learn in milliseconds."""

from __future__ import annotations

from collections.abc import Generator

import numpy as np

from napari_neural_style import Look
from napari_neural_style.control import Control
from napari_neural_style.learn_job import LearnJob, Learnt
from napari_neural_style.look_network import LookNetwork, Widths, parameter_shapes
from pretended import PretendedEngine, pretended_progress

#: One residual block, three and five channels.
TINY = Widths(outer=3, inner=5, blocks=1)


def tiny_network(seed: int = 0, widths: Widths = TINY) -> LookNetwork:
    """Return a network with random numbers, as they are saved."""
    rng = np.random.default_rng(seed)
    parameters = {
        name: rng.normal(0, np.sqrt(1.5 / np.prod(shape[:-1])), shape).astype(np.float16)
        for name, shape in parameter_shapes(widths).items()
    }
    return LookNetwork(widths, parameters)


def tiny_look(seed: int = 0, name: str = "tiny") -> Look:
    """Return a look with such a network."""
    thumbnail = np.full((4, 6, 3), 7, np.uint8)
    return Look(tiny_network(seed), name, {"steps": 2, "learnt_from": [{}]}, thumbnail)


class LearningEngine(PretendedEngine):
    """Learns at once, as many steps as are wanted, what `tiny_network` has for each step."""

    def learn_steps(self, job: LearnJob, control: Control) -> Generator[Learnt | None, None, None]:
        self.jobs.append(job)
        for step in range(1, job.steps + 1):
            self._before(step, control)
            control.checkpoint()
            yield None
            news = pretended_progress(step, job.steps, image=job.pairs[0].result)
            yield Learnt(**vars(news), network=tiny_network(job.seed * 1000 + step))
