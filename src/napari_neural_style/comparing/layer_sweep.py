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

    If a run fails, the others go on; if one is cancelled, the sweep ends.

    Parameters
    ----------
    viewer : napari.Viewer or napari.components.ViewerModel
    plan : Plan
    compare : bool
        Whether to show the results in a grid when all runs are done.
    engine : Engine, optional
        By default the shared engine process.

    Attributes
    ----------
    runs : list of StyleRun
        One for each combination of values; the first `done` are over.
    labels : list of str
        The values of each run, in words.
    comparison : Comparison or None
        The grid, once it is shown.
    advanced : psygnal.SignalInstance
        Emitted with the sweep when a run is over, and once more when all are.
    """

    advanced = Signal(object)

    def __init__(
        self, viewer: ViewerModel, plan: Plan, compare: bool = True, engine: Engine | None = None
    ) -> None:
        self._viewer = bare(viewer)
        self._columns = plan.shape[1] if len(plan.vary) == 2 else None
        self._compare = compare
        self._cancelled = False
        self._over = False
        self.comparison: Comparison | None = None
        self.labels = plan.labels
        # All inputs are read before the first run starts, so that later edits change nothing; those
        # that runs share are read once.
        read: dict[Any, Any] = {}
        self.runs = [self._run(request, engine, read) for request in plan.requests]
        self.done = 0

    def __repr__(self) -> str:
        return f"<LayerSweep: {self.state}, {self.done} of {self.total}>"

    @property
    def total(self) -> int:
        """Number of runs."""
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
        """The current run; None when the sweep is over."""
        return None if self._over else self.runs[self.done]

    @property
    def layers(self) -> list[Image]:
        """The result layers that are still in the viewer."""
        found = [run.layer for run in self.runs if run.layer is not None]
        return [layer for layer in found if layer in self._viewer.layers]

    @property
    def errors(self) -> dict[str, NeuralStyleError]:
        """The errors of failed runs, by label."""
        pairs = zip(self.labels, self.runs, strict=True)
        return {label: run.error for label, run in pairs if run.error}

    def start(self) -> None:
        """Start the next run; the others follow by themselves."""
        run = self.runs[self.done]

        # A closure that the run holds, so that the viewer keeps the sweep alive.
        def on_state(_: str) -> None:
            if run.over:
                run.state_changed.disconnect(on_state)
                self._advance(run)

        run.state_changed.connect(on_state)
        run.start()

    def cancel(self) -> None:
        """Cancel the current run and start no other; finished results stay."""
        if run := self.run:
            self._cancelled = True
            run.cancel()

    def wait(self, timeout: float | None = None) -> Self:
        """Wait until all runs are over; the viewer stays responsive.

        Parameters
        ----------
        timeout : float, optional
            Longest time to wait, in seconds.

        Returns
        -------
        LayerSweep
            This sweep. `errors` says which runs failed.

        Raises
        ------
        TimeoutError
            If it takes longer; the sweep goes on.
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
        """Show the results in a labelled grid; None if there are none.

        Raises
        ------
        ImageError
            If a result cannot be read as it is shown.
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

    def _advance(self, run: StyleRun) -> None:
        self.done += 1
        self._cancelled |= run.state == "cancelled"
        self._over = self._cancelled or self.done == self.total
        self.advanced.emit(self)
        if not self._over:
            self.start()
        elif self._compare and not self._cancelled:
            # The view may have been switched to 3D, which cannot be read; the results exist anyway.
            with suppress(ImageError):
                self.compare()
            self.advanced.emit(self)
