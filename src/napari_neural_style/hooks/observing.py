"""Reports runs to the observers of extensions, and survives their errors."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager

from napari_neural_style.errors import Cancelled
from napari_neural_style.hooks.manager import extensions
from napari_neural_style.hooks.specs import RunInfo
from napari_neural_style.progress import Notice, Progress
from napari_neural_style.settings import Settings

__all__ = ["Observed", "observed"]

#: Observers that have raised in this process; they are not called again.
_silenced: set[str] = set()


class Observed:
    """A run that extensions observe.

    `report` is called with a `Notice` when an observer raises, once per observer and process.
    """

    def __init__(self, name: str, settings: Settings, report: Callable[[Notice], object]) -> None:
        self._run = RunInfo(name, settings)
        self._report = report

    def tell(self, what: Progress | Notice | str) -> None:
        """Report progress, a notice or a new state of the run to all observers."""
        if isinstance(what, Progress):
            self._call("run_progressed", progress=what)
        elif isinstance(what, Notice):
            self._call("run_noticed", notice=what)
        else:
            self._call("run_state_changed", state=what)

    def _call(self, hook: str, **news: object) -> None:
        known = extensions()
        for name, caller in known.callers(hook):
            if name in _silenced:
                continue
            try:
                caller(run=self._run, **news)
            except Exception as error:  # noqa: BLE001 (any error of theirs)
                _silenced.add(name)
                problem = known.report(
                    name,
                    f"The extension {name} failed as it observed a run, and is told no more "
                    f"({type(error).__name__}: {error}); the run goes on.",
                )
                self._report(Notice(problem.text, important=True))


@contextmanager
def observed(
    name: str, settings: Settings, report: Callable[[Notice], object]
) -> Generator[Observed, None, None]:
    """Report the start and the end of the ``with`` block to observers."""
    run = Observed(name, settings, report)
    run.tell("running")
    try:
        yield run
    except (Cancelled, KeyboardInterrupt):
        run.tell("cancelled")
        raise
    except BaseException:
        run.tell("failed")
        raise
    run.tell("finished")
