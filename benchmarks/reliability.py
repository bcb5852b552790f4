"""What becomes of a run when things go wrong, counted: one command, one table.

    python benchmarks/reliability.py --killed 1000 --calls 10000 --files 10000 --runs 200

Without options the counts are so small that it takes a few minutes. Large ones need not be done in
one go: with ``--add FILE`` each adds to what was counted before, with other moments and files, and
``--minutes`` ends it in time. The exit code is 1 if a single trial has failed; each of those is
described below the table, with the seed that repeats it.
"""

from __future__ import annotations

import argparse
import gc
import os
import sys
import time
import warnings
from collections.abc import Callable
from functools import reduce
from operator import add
from pathlib import Path

import numpy as np
import psutil
from damage import damaged_files
from failing_engines import PATIENCE, engines, killed, picture, starved, stopped
from napari.components import ViewerModel
from odd_calls import insane, odd_image, odd_settings, told_of
from prefork import prefork
from tally import HEAD, Tally, Until, earlier_tallies

from napari_neural_style import NeuralStyleError, stylize, stylize_layers
from napari_neural_style.histories.history import history
from napari_neural_style.pictures.files import read_image
from napari_neural_style.process import engine_process

_FAULTS_TOLD = 10


def main() -> int:
    """Do what the command line asks for, print the table; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name, (count, help_, _) in _KINDS.items():
        parser.add_argument(f"--{name}", type=int, default=count, metavar="N", help=help_)
    parser.add_argument("--seed", type=int, default=0, help="another one, other moments and files")
    parser.add_argument("--add", type=Path, metavar="FILE", help="add to the counts of this file")
    parser.add_argument("--minutes", type=float, default=1e6, help="begin nothing after so long")
    given = vars(parser.parse_args())
    warnings.simplefilter("ignore")  # Damaged files make readers warn, as they should.
    until = Until(60 * given["minutes"])
    tallies = earlier_tallies(given["add"])
    seed = given["seed"] + len(tallies)
    with prefork():
        for name, (_, what, trials) in _KINDS.items():
            if given[name]:
                tally = Tally(what)
                trials(tally, given[name], np.random.default_rng([seed, len(what)]), until)
                tally.faults = [f"seed {seed}, {fault}" for fault in tally.faults]
                if given["add"] and tally.held + len(tally.faults):
                    tally.append_to(given["add"])
                tallies.append(tally)
                print(f"{name}: {tally.row()}", file=sys.stderr, flush=True)
        engine_process().close()
        left = engines()
    print(HEAD)
    for what in dict.fromkeys(tally.what for tally in tallies):
        print(reduce(add, (tally for tally in tallies if tally.what == what)).row())
    print(f"\nProcesses left behind: {len(left)}.")
    faults = [fault for tally in tallies for fault in tally.faults]
    print("\n".join(faults[:_FAULTS_TOLD]))
    return 1 if faults or left else 0


# Calls and files that nobody would make on purpose.


def _calls(tally: Tally, count: int, rng: np.random.Generator, until: Until) -> None:
    tally.done_is = "painted"
    for trial in until.trials(count):
        content, style = odd_image(rng), odd_image(rng)
        settings = odd_settings(rng)
        told = f"{told_of(content)} in {told_of(style)} with {settings}"
        try:
            with np.errstate(all="ignore"):
                painted = stylize(content, style, **settings)
        except NeuralStyleError as error:
            sentence = str(error).strip()
            tally.count(trial, None if sentence else f"no sentence for {told}")
        except Exception as error:  # noqa: BLE001 (that is what is looked for)
            tally.count(trial, f"{type(error).__name__}: {error} for {told}")
        else:
            tally.done += 1
            tally.count(trial, insane(content, painted, told))


def _files(tally: Tally, count: int, rng: np.random.Generator, until: Until) -> None:
    tally.done_is = "read"
    with damaged_files(rng) as files:
        for trial, path in zip(until.trials(count), files, strict=False):
            start = time.monotonic()
            try:
                found = read_image(path)
            except NeuralStyleError as error:
                named = path.name in str(error)
                tally.count(trial, None if named else f"{path.name} is not named: {error}")
            except Exception as error:  # noqa: BLE001 (that is what is looked for)
                tally.count(trial, f"{path.name}: {type(error).__name__}: {error}")
            else:
                tally.done += 1
                sane = found.ndim in (2, 3) and found.size and found.dtype.kind in "uifb"
                told = f"{path.name}: {found.dtype} of the shape {found.shape}"
                tally.count(trial, None if sane else told)
            tally.slowest = max(tally.slowest, time.monotonic() - start)


# Many runs in a row.


def _runs(tally: Tally, count: int, rng: np.random.Generator, until: Until) -> None:
    """Paint pictures of many sizes, and see how much more memory is taken in the end."""
    memory: list[tuple[float, ...]] = []
    viewer = ViewerModel()
    for number in range(_SIZES):
        photo = picture(rng, 160 + 7 * number, 320 - 5 * number)
        viewer.add_image(photo, name=f"photo {number}", rgb=True)
        painting = picture(rng, 200 - number, 200)
        viewer.add_image(painting, name=f"painting {number}", rgb=True)
    for trial in until.trials(count):
        number = trial % _SIZES
        pair = f"photo {number}", f"painting {number}"
        settings = {"features": "builtin", "size": 48 + 8 * number, "steps": 20}
        try:
            run = stylize_layers(viewer, *pair, **settings).wait(PATIENCE)
            tally.count(trial, None if run.state == "finished" else run.state)
            # What is only removed from the viewer is kept, compressed, to be put back.
            results = history(viewer)
            results.delete(results.entry_of(run.layer))
        except (NeuralStyleError, TimeoutError) as error:
            tally.count(trial, str(error))
        gc.collect()  # Garbage is not growth; Python waits with it for its own time.
        engine = psutil.Process(engine_process().pid)
        memory.append(tuple(p.memory_info().rss / 2**20 for p in (psutil.Process(), engine)))
    if len(memory) > 4:
        # The first ones fill caches that stay.
        (here, there), (here_last, there_last) = memory[len(memory) // 4], memory[-1]
        tally.notes.append(
            f"memory here {here:.0f} to {here_last:.0f} MB ({here_last / here - 1:+.1%}), "
            f"in the engine {there:.0f} to {there_last:.0f} MB ({there_last / there - 1:+.1%})"
        )


_Trials = Callable[[Tally, int, np.random.Generator, Until], None]
#: How many trials, what of, and how.
_KINDS: dict[str, tuple[int, str, _Trials]] = {
    "killed": (3, "engine killed at a random moment", killed),
    "stopped": (3, "engine stopped, run cancelled", stopped),
    "starved": (1, "engine without memory", starved),
    "calls": (20, "odd calls of stylize", _calls),
    "files": (200, "damaged picture files", _files),
    "runs": (10, "runs in a row, of 20 sizes", _runs),
}
#: Of the runs in a row.
_SIZES = 20


if __name__ == "__main__":
    if os.name != "posix":
        raise SystemExit(
            "Processes are killed and stopped here by signals: it needs Linux or macOS."
        )
    raise SystemExit(main())
