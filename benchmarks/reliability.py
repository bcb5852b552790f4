"""What becomes of a run when things go wrong, counted: one command, one table.

    python benchmarks/reliability.py --killed 1000 --calls 10000 --files 10000 --runs 200

Without options the counts are so small that it takes a few minutes. The exit code is 1 if a single
trial has failed; each of those is described below the table, with the seed that repeats it.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import os
import signal
import sys
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import psutil
from damage import damaged_files
from napari.components import ViewerModel
from numpy.typing import NDArray
from odd_calls import insane, odd_image, odd_settings, told_of

from napari_neural_style import NeuralStyleError, StyleRun, stylize, stylize_layers
from napari_neural_style.pictures.files import read_image
from napari_neural_style.process import engine_process

#: A step takes some milliseconds, and no network has to be downloaded.
QUICK: dict[str, Any] = {
    "features": "builtin",
    "size": 48,
    "steps": 60,
    "update_every": 2,
    "smallest_scale": 0,
}
#: Nothing here may take longer, however slowly the engine starts.
PATIENCE = 300.0
#: A cancelled run may take two seconds; a busy machine is given more.
CANCEL_SECONDS = 10.0
_FAULTS_TOLD = 10


@dataclass
class Tally:
    """One row of the table.

    Parameters
    ----------
    what : str
    held : int
        Trials after which everything was as it should be.
    faults : list of str
        What the others have shown.
    note : str
    """

    what: str
    held: int = 0
    faults: list[str] = field(default_factory=list)
    note: str = ""

    def count(self, trial: int, fault: str | None) -> None:
        """Count a trial; None if all was well."""
        if fault is None:
            self.held += 1
        else:
            self.faults.append(f"{self.what}, trial {trial}: {fault}")
            print(self.faults[-1], file=sys.stderr, flush=True)  # It may be long until the table.

    def row(self) -> str:
        """Return the row."""
        trials = self.held + len(self.faults)
        return f"| {self.what} | {trials} | {self.held} | {len(self.faults)} | {self.note} |"


def main() -> int:
    """Do what the command line asks for, print the table; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name, (count, help_, _) in _KINDS.items():
        parser.add_argument(f"--{name}", type=int, default=count, metavar="N", help=help_)
    parser.add_argument("--seed", type=int, default=0, help="another one, other moments and files")
    given = vars(parser.parse_args())
    warnings.simplefilter("ignore")  # Damaged files make readers warn, as they should.
    tallies = []
    for name, (_, _, trials) in _KINDS.items():
        if given[name]:
            tallies.append(trials(given[name], np.random.default_rng([given["seed"], len(name)])))
            print(f"{name}: {tallies[-1].row()}", file=sys.stderr, flush=True)
    engine_process().close()
    left = psutil.Process().children(recursive=True)
    print("| what | trials | as it should be | faults | |\n|---|---:|---:|---:|---|")
    print("\n".join(tally.row() for tally in tallies))
    print(f"\nProcesses left behind: {len(left)}.")
    faults = [fault for tally in tallies for fault in tally.faults]
    print("\n".join(faults[:_FAULTS_TOLD]))
    return 1 if faults or left else 0


# The engine is killed, stopped, or left without memory.


def _killed(count: int, rng: np.random.Generator) -> Tally:
    def fault(run: StyleRun, engine: psutil.Process) -> None:
        engine.send_signal(signal.SIGKILL)
        _until_over(run, PATIENCE)

    return _let_down("engine killed", count, rng, fault, {"failed", "finished"})


def _stopped(count: int, rng: np.random.Generator) -> Tally:
    def fault(run: StyleRun, engine: psutil.Process) -> None:
        engine.send_signal(signal.SIGSTOP)
        run.cancel()
        _until_over(run, CANCEL_SECONDS)
        # One whose run was over in that moment was not replaced: it goes on, as its next run needs.
        with contextlib.suppress(psutil.NoSuchProcess):
            engine.send_signal(signal.SIGCONT)

    return _let_down("engine stopped, run cancelled", count, rng, fault, {"cancelled", "finished"})


def _starved(count: int, rng: np.random.Generator) -> Tally:
    def fault(run: StyleRun, engine: psutil.Process) -> None:
        engine.rlimit(psutil.RLIMIT_AS, (engine.memory_info().vms,) * 2)
        with contextlib.suppress(NeuralStyleError):
            # Larger than anything before: it needs what it cannot get.
            stylize(_picture(rng, 1200, 1600), _picture(rng, 900, 900), **{**QUICK, "size": 1600})
        _until_over(run, PATIENCE)

    if not hasattr(psutil, "RLIMIT_AS"):
        return Tally("engine without memory", note="not on this system")
    return _let_down("engine without memory", count, rng, fault, {"failed", "finished"})


def _let_down(
    what: str,
    count: int,
    rng: np.random.Generator,
    fault: Callable[[StyleRun, psutil.Process], None],
    states: set[str],
) -> Tally:
    """Let the engine fail at random moments of short runs, and see what is left."""
    tally = Tally(what)
    slowest = 0.0
    for trial in range(count):
        run = _begin(rng)
        # Of three, one while the engine starts, if it has to, two while it paints.
        painting = trial % 3 > 0
        if painting:
            _until(lambda run=run: run.progress or run.over, run)
        _pump(run, rng.uniform(0, 0.5 if painting else 3.0))
        _until(lambda run=run: engine_process().pid or run.over, run)
        pid = engine_process().pid
        if pid is None:
            tally.count(trial, "there is no engine")
            continue
        shown = None if run.layer is None else np.array(run.layer.data)
        start = time.monotonic()
        with contextlib.suppress(psutil.NoSuchProcess):
            fault(run, psutil.Process(pid))
        slowest = max(slowest, time.monotonic() - start)
        tally.count(trial, _aftermath(run, shown, states, pid, rng))
    tally.note = f"slowest end {slowest:.1f} s"
    return tally


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
    if run.state not in states:
        return f"it is {run.state}: {run.error}"
    if shown is not None and (run.layer is None or run.layer not in run.viewer.layers):
        return "the last preview is gone"
    if shown is not None and run.layer.data.shape != shown.shape:
        return "the last preview is another picture"
    try:
        after = _begin(rng).wait(PATIENCE)
    except (NeuralStyleError, TimeoutError) as error:
        return f"the next run does not work: {error}"
    if after.layer.data.shape != shown_shape(after):
        return "the next run's picture has another shape"
    engines = psutil.Process().children(recursive=True)
    if [engine.pid for engine in engines] != [engine_process().pid]:
        return f"processes are left behind: {engines}"
    if run.state != "finished" and psutil.pid_exists(pid) and engine_process().pid == pid:
        # One that was only cancelled may go on; one that was killed may not.
        return None if run.state == "cancelled" else "the process that was killed lives"
    return None


def shown_shape(run: StyleRun) -> tuple[int, ...]:
    """Return the shape that the result of one of these runs must have."""
    return tuple(run.viewer.layers["photo"].data.shape)


def _begin(rng: np.random.Generator) -> StyleRun:
    viewer = ViewerModel()
    viewer.add_image(_picture(rng, 40, 48), name="photo", rgb=True)
    viewer.add_image(_picture(rng, 30, 30), name="painting", rgb=True)
    return stylize_layers(viewer, "photo", "painting", **QUICK)


def _picture(rng: np.random.Generator, height: int, width: int) -> NDArray[np.uint8]:
    return rng.integers(0, 256, (height, width, 3), np.uint8)


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


# Calls and files that nobody would make on purpose.


def _calls(count: int, rng: np.random.Generator) -> Tally:
    tally = Tally("odd calls of stylize")
    painted = 0
    for trial in range(count):
        content, style = odd_image(rng), odd_image(rng)
        settings = odd_settings(rng)
        told = f"{told_of(content)} in {told_of(style)} with {settings}"
        try:
            with np.errstate(all="ignore"):
                picture = stylize(content, style, **settings)
        except NeuralStyleError as error:
            sentence = str(error).strip()
            tally.count(trial, None if sentence else f"no sentence for {told}")
        except Exception as error:  # noqa: BLE001 (that is what is looked for)
            tally.count(trial, f"{type(error).__name__}: {error} for {told}")
        else:
            painted += 1
            tally.count(trial, insane(content, picture, told))
    tally.note = f"{painted} painted, the others refused in a sentence"
    return tally


def _files(count: int, rng: np.random.Generator) -> Tally:
    tally = Tally("damaged picture files")
    read = 0
    slowest = 0.0
    with damaged_files(rng) as files:
        for trial, path in enumerate(itertools.islice(files, count)):
            start = time.monotonic()
            try:
                picture = read_image(path)
            except NeuralStyleError as error:
                named = path.name in str(error)
                tally.count(trial, None if named else f"{path.name} is not named: {error}")
            except Exception as error:  # noqa: BLE001 (that is what is looked for)
                tally.count(trial, f"{path.name}: {type(error).__name__}: {error}")
            else:
                read += 1
                sane = picture.ndim in (2, 3) and picture.size and picture.dtype.kind in "uifb"
                told = f"{path.name}: {picture.dtype} of the shape {picture.shape}"
                tally.count(trial, None if sane else told)
            slowest = max(slowest, time.monotonic() - start)
    tally.note = f"{read} read, the others refused in a sentence; slowest {slowest:.1f} s"
    return tally


# Many runs in a row.


def _runs(count: int, rng: np.random.Generator) -> Tally:
    tally = Tally("runs in a row")
    memory: list[tuple[float, float]] = []
    viewer = ViewerModel()
    viewer.add_image(_picture(rng, 256, 320), name="photo", rgb=True)
    viewer.add_image(_picture(rng, 200, 200), name="painting", rgb=True)
    for trial in range(count):
        try:
            run = stylize_layers(viewer, "photo", "painting", **QUICK).wait(PATIENCE)
        except (NeuralStyleError, TimeoutError) as error:
            tally.count(trial, str(error))
            continue
        tally.count(trial, None if run.state == "finished" else run.state)
        viewer.layers.remove(run.layer)
        engine = psutil.Process(engine_process().pid)
        memory.append(tuple(p.memory_info().rss / 2**20 for p in (psutil.Process(), engine)))
    if len(memory) > 4:
        # The first ones fill caches that stay.
        (here, there), (here_last, there_last) = memory[len(memory) // 4], memory[-1]
        tally.note = (
            f"memory here {here:.0f} to {here_last:.0f} MB ({here_last / here - 1:+.1%}), "
            f"in the engine {there:.0f} to {there_last:.0f} MB ({there_last / there - 1:+.1%})"
        )
    return tally


_Trials = Callable[[int, np.random.Generator], Tally]
_KINDS: dict[str, tuple[int, str, _Trials]] = {
    "killed": (3, "runs whose engine is killed, as when memory ends", _killed),
    "stopped": (3, "runs whose engine is stopped, and which are cancelled then", _stopped),
    "starved": (1, "runs whose engine may take no more memory", _starved),
    "calls": (20, "calls of stylize with odd arrays and settings", _calls),
    "files": (200, "picture files that are damaged", _files),
    "runs": (10, "runs in a row, with the memory of both processes", _runs),
}


if __name__ == "__main__":
    if os.name != "posix":
        raise SystemExit(
            "Processes are killed and stopped here by signals: it needs Linux or macOS."
        )
    raise SystemExit(main())
