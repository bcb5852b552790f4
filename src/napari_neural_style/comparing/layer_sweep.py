"""`LayerSweep`: the runs of a sweep in a viewer, one after the other. Qt-free."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Literal, Self

from psygnal import Signal

from napari_neural_style.api import layer_run
from napari_neural_style.comparing.comparison import Comparison
from napari_neural_style.comparing.sweep_plan import Plan
from napari_neural_style.errors import ImageError, NeuralStyleError
from napari_neural_style.job import Engine
from napari_neural_style.running.style_run import StyleRun
from napari_neural_style.tasks.request import Request, name_of
from napari_neural_style.viewing.layers import bare

if TYPE_CHECKING:
    from napari.components import ViewerModel
    from napari.layers import Image

__all__ = ["LayerSweep"]


class LayerSweep:
    """Runs that differ in one or two settings; made by `napari_neural_style.sweep_layers`.

    A run that fails is left out, and the rest goes on; one that is cancelled ends the sweep.

    Parameters
    ----------
    viewer : napari.Viewer or napari.components.ViewerModel
    plan : Plan
    compare : bool
        Whether the results are shown in a grid, when all are done.
    engine : Engine, optional
        What does the work; by default the engine process that everything here shares.

    Attributes
    ----------
    runs : list of StyleRun
        One for each combination; `done` of them are over.
    labels : list of str
        Which values each is made with.
    comparison : Comparison or None
        The grid, once it is shown.
    advanced : psygnal.SignalInstance
        Emitted with the sweep when a run is over, and once more when all are.
    """

    advanced = Signal(object)

    def __init__(
        self,
        viewer: ViewerModel,
        plan: Plan,
        compare: bool = True,
        engine: Engine | None = None,
    ) -> None:
        self._viewer = bare(viewer)
        self._columns = plan.columns
        self._compare = compare
        self._cancelled = False
        self._over = False
        self.comparison: Comparison | None = None
        self.labels = plan.labels
        # All are read before the first one starts: what happens to the layers later changes none.
        read: dict[Any, Any] = {}  # Once only, whatever they have in common.
        self.runs = [self._run(request, engine, read) for request in plan.requests]
        self.done = 0

    def __repr__(self) -> str:
        return f"<LayerSweep: {self.state}, {self.done} of {self.total}>"

    @property
    def total(self) -> int:
        """How many runs there are."""
        return len(self.runs)

    @property
    def state(self) -> Literal["running", "finished", "cancelled"]:
        """Whether it is running, finished or cancelled."""
        if not self._over:
            return "running"
        return "cancelled" if self._cancelled else "finished"

    @property
    def over(self) -> bool:
        """Whether it is finished or cancelled."""
        return self._over

    @property
    def run(self) -> StyleRun | None:
        """The run that goes on."""
        return None if self._over else self.runs[self.done]

    @property
    def layers(self) -> list[Image]:
        """The results there are, without those that were removed."""
        found = [run.layer for run in self.runs if run.layer is not None]
        return [layer for layer in found if layer in self._viewer.layers]

    @property
    def errors(self) -> dict[str, NeuralStyleError]:
        """By label, why runs failed."""
        pairs = zip(self.labels, self.runs, strict=True)
        return {label: run.error for label, run in pairs if run.error}

    def start(self) -> None:
        """Start the first run."""
        self._start_next()

    def cancel(self) -> None:
        """End the present run and start no other; the results that are there stay."""
        if run := self.run:
            self._cancelled = True
            run.cancel()

    def wait(self, timeout: float | None = None) -> Self:
        """Wait until all runs are over, keeping the viewer alive meanwhile.

        Parameters
        ----------
        timeout : float, optional
            Seconds to wait at most.

        Returns
        -------
        LayerSweep
            This sweep. `errors` says which runs failed.

        Raises
        ------
        TimeoutError
            If it is not over by then; it goes on.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        while run := self.run:
            left = None if deadline is None else max(deadline - time.monotonic(), 0)
            try:
                run.wait(left)
            except NeuralStyleError:
                continue  # It is in `errors`.
        return self

    def compare(self) -> Comparison | None:
        """Show the results in a labelled grid; None if there is none.

        Raises
        ------
        ImageError
            If one cannot be read as it is shown.
        """
        if not self.layers:
            return None
        comparison = Comparison(self._viewer, self.layers)
        comparison.grid(self._columns, inputs=False)
        self.comparison = comparison
        return comparison

    def _run(self, cell: Request, engine: Engine | None, read: dict[Any, Any]) -> StyleRun:
        request = cell.replace(name=f"{name_of(cell.content)}, {cell.name}")
        run = layer_run(self._viewer, request, engine, read)
        assert isinstance(run, StyleRun)  # sweeps paint the slice that is shown
        return run

    def _start_next(self) -> None:
        run = self.runs[self.done]

        # A function, held by the run, which the viewer holds: nobody need hold the sweep.
        def on_state(_: str) -> None:
            if run.over:
                run.state_changed.disconnect(on_state)
                self._advance(run)

        run.state_changed.connect(on_state)
        run.start()

    def _advance(self, run: StyleRun) -> None:
        self.done += 1
        self._cancelled |= run.state == "cancelled"
        self._over = self._cancelled or self.done == self.total
        self.advanced.emit(self)
        if not self._over:
            self._start_next()
        elif self._compare and not self._cancelled:
            # As in a stack that was switched to 3D meanwhile: the results are there anyway.
            with suppress(ImageError):
                self.compare()
            self.advanced.emit(self)
