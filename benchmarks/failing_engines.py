"""The engine is killed, stopped or left without memory at random moments of short runs."""

from __future__ import annotations

import contextlib
import signal
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import psutil
from napari.components import ViewerModel
from numpy.typing import NDArray
from prefork import preforked_from
from tally import Tally, Until

from napari_neural_style import NeuralStyleError, StyleRun, stylize, stylize_layers
from napari_neural_style.process import engine_process

__all__ = ["PATIENCE", "SHORT", "engines", "killed", "picture", "starved", "stopped"]

#: A whole run of a tenth of a second, but for its compilation: one layer, and a small picture.
SHORT: dict[str, Any] = {
    "features": "builtin",
    "content_layers": {"block1_conv2": 1.0},
    "style_layers": {"block1_conv1": 1.0},
    "optimizer": "adam",
    "size": 32,
    "steps": 20,
    "update_every": 2,
    "smallest_scale": 0,
}
#: The same for as long as it takes until something happens to it.
_LONG = {**SHORT, "steps": 5000}
#: Nothing here may take longer, however slowly the engine starts.
PATIENCE = 300.0
#: A cancelled run may take two seconds; a busy machine is given more.
_CANCEL_SECONDS = 10.0

#: Does something to the engine of a run.
_Fault = Callable[[StyleRun, psutil.Process], None]


def killed(tally: Tally, count: int, rng: np.random.Generator, until: Until) -> None:
    """Kill the engine, as systems do where memory ends."""

    def fault(run: StyleRun, engine: psutil.Process) -> None:
        engine.send_signal(signal.SIGKILL)
        _until(lambda: run.over or engine_process().pid not in (None, engine.pid), run)
        if not run.over:  # It was killed before it took the job, and the run was given another.
            run.cancel()
            _until_over(run, _CANCEL_SECONDS)

    _let_down(tally, count, rng, until, fault, {"failed", "cancelled"})


def stopped(tally: Tally, count: int, rng: np.random.Generator, until: Until) -> None:
    """Stop the engine, so that it answers nothing any more, and cancel the run."""

    def fault(run: StyleRun, engine: psutil.Process) -> None:
        engine.send_signal(signal.SIGSTOP)
        run.cancel()
        _until_over(run, _CANCEL_SECONDS)
        # One whose run was over in that moment was not replaced: it goes on, as its next run needs.
        with contextlib.suppress(psutil.NoSuchProcess):
            engine.send_signal(signal.SIGCONT)

    _let_down(tally, count, rng, until, fault, {"cancelled"})


def starved(tally: Tally, count: int, rng: np.random.Generator, until: Until) -> None:
    """Let the engine have no more memory than it has, and ask for more."""

    def fault(run: StyleRun, engine: psutil.Process) -> None:
        _, hard = engine.rlimit(psutil.RLIMIT_AS)
        engine.rlimit(psutil.RLIMIT_AS, (engine.memory_info().vms, hard))
        _pump(run, 0.1)
        run.cancel()
        _until_over(run, _CANCEL_SECONDS)
        # Larger than anything before: it needs what it cannot get.
        large = {**SHORT, "size": 1600, "steps": 1}
        with contextlib.suppress(NeuralStyleError):
            stylize(picture(rng, 1200, 1600), picture(rng, 900, 900), **large)
        with contextlib.suppress(psutil.NoSuchProcess, ProcessLookupError):
            engine.rlimit(psutil.RLIMIT_AS, (hard, hard))  # if it lives: its next run needs some

    if hasattr(psutil, "RLIMIT_AS"):
        _let_down(tally, count, rng, until, fault, {"failed", "cancelled"})
    else:
        tally.notes.append("not on this system")


def picture(rng: np.random.Generator, height: int, width: int) -> NDArray[np.uint8]:
    """Return noise: the network is not asked for beauty here."""
    return rng.integers(0, 256, (height, width, 3), np.uint8)


def _let_down(
    tally: Tally,
    count: int,
    rng: np.random.Generator,
    until: Until,
    fault: _Fault,
    states: set[str],
) -> None:
    """Let the engine fail at random moments, and see what is left."""
    for trial in until.trials(count):
        run = _begin(rng, _LONG)
        # Of three, one while the engine starts, if it has to, two while it paints.
        painting = trial % 3 > 0
        if painting:
            _until(lambda run=run: run.progress or run.over, run)
        _pump(run, rng.uniform(0, 0.5 if painting else 1.5))
        _until(lambda run=run: engine_process().pid or run.over, run)
        pid = engine_process().pid
        if pid is None:
            _until_over(run, PATIENCE)
            tally.count(trial, f"there is no engine: {run!r}, {run.error}")
            continue
        shown = None if run.layer is None else np.array(run.layer.data)
        start = time.monotonic()
        with contextlib.suppress(psutil.NoSuchProcess):
            fault(run, psutil.Process(pid))
        tally.slowest = max(tally.slowest, time.monotonic() - start)
        tally.count(trial, _aftermath(run, shown, states, pid, rng))


def _aftermath(
    run: StyleRun,
    shown: NDArray[np.uint8] | None,
    states: set[str],
    pid: int,
    rng: np.random.Generator,
) -> str | None:
    """Return what is wrong after the engine has failed."""
    if not run.over:
        return f"the run is not over: {run!r}"
    # One that was over in that very moment has finished; one whose engine was killed before it took
    # the job was given another.
    if run.state not in {*states, "finished"}:
        return f"it is {run.state}: {run.error}"
    if shown is not None and (run.layer is None or run.layer not in run.viewer.layers):
        return "the last preview is gone"
    if shown is not None and run.layer.data.shape != shown.shape:
        return "the last preview is another picture"
    if run.state == "failed" and not str(run.error).strip():
        return "it does not say why it has failed"
    try:
        after = _begin(rng, SHORT).wait(PATIENCE)
    except (NeuralStyleError, TimeoutError) as error:
        return f"the next run does not work: {error}"
    if after.layer.data.shape != after.viewer.layers["photo"].data.shape:
        return "the next run's picture has another shape"
    if [engine.pid for engine in engines()] != [engine_process().pid]:
        return f"processes are left behind: {engines()}"
    if run.state == "failed" and psutil.pid_exists(pid) and engine_process().pid == pid:
        return "the process that was killed lives"
    return None


def engines() -> list[psutil.Process]:
    """Return all processes that come from this one, but for the one that they are forked from."""
    children = psutil.Process().children(recursive=True)
    return [process for process in children if process.pid != preforked_from()]


def _begin(rng: np.random.Generator, settings: dict[str, Any]) -> StyleRun:
    viewer = ViewerModel()
    viewer.add_image(picture(rng, 40, 48), name="photo", rgb=True)
    viewer.add_image(picture(rng, 30, 30), name="painting", rgb=True)
    return stylize_layers(viewer, "photo", "painting", **settings)


def _until(condition: Callable[[], object], run: StyleRun) -> None:
    end = time.monotonic() + PATIENCE
    while not condition() and time.monotonic() < end:
        _pump(run, 0.02)


def _until_over(run: StyleRun, seconds: float) -> None:
    with contextlib.suppress(NeuralStyleError, TimeoutError):
        run.wait(seconds)


def _pump(run: StyleRun, seconds: float) -> None:
    with contextlib.suppress(NeuralStyleError, TimeoutError):
        run.wait(seconds)
