"""Worker threads beside what else uses Python's warnings."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator

from napari_neural_style.running.qt_workers import create_worker
from quick import PATIENCE


def test_workers_that_overlap_leave_warnings_as_they_were(qtbot) -> None:
    before = warnings.showwarning, list(warnings.filters)
    first_may_end, second_may_end = threading.Event(), threading.Event()

    def wait_for(event: threading.Event) -> Iterator[None]:
        yield
        event.wait(PATIENCE)

    workers = []
    for event in (first_may_end, second_may_end):
        worker = create_worker(wait_for, event, _start_thread=False)
        with qtbot.waitSignal(worker.yielded, timeout=int(PATIENCE * 1000)):
            worker.start()
        workers.append(worker)
    # The one that began first ends first: each would put back what it has found.
    for worker, event in zip(workers, (first_may_end, second_may_end), strict=True):
        with qtbot.waitSignal(worker.finished, timeout=int(PATIENCE * 1000)):
            event.set()
    assert (warnings.showwarning, list(warnings.filters)) == before


def test_what_a_function_returns_and_what_it_raises_arrives(qtbot) -> None:
    def divide(number: int) -> float:
        return 6 / number

    returned: list[float] = []
    worker = create_worker(divide, 2, _start_thread=False, _connect={"returned": returned.append})
    with qtbot.waitSignal(worker.finished, timeout=int(PATIENCE * 1000)):
        worker.start()
    assert returned == [3.0]
    raised: list[Exception] = []
    worker = create_worker(
        divide, 0, _start_thread=False, _ignore_errors=True, _connect={"errored": raised.append}
    )
    with qtbot.waitSignal(worker.finished, timeout=int(PATIENCE * 1000)):
        worker.start()
    assert [type(error) for error in raised] == [ZeroDivisionError]
