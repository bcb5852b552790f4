"""How often something was as it should be: trials counted, in one go or in several."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

__all__ = ["HEAD", "Tally", "Until", "earlier_tallies"]

HEAD = "| what | trials | as it should be | faults | |\n|---|---:|---:|---:|---|"


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
    slowest : float
        Longest time that the thing in question took, in seconds.
    done, done_is : int, str
        Trials that came to a picture, and what that is called; the others were refused in a
        sentence.
    notes : list of str
    """

    what: str
    held: int = 0
    faults: list[str] = field(default_factory=list)
    slowest: float = 0.0
    done: int = 0
    done_is: str = ""
    notes: list[str] = field(default_factory=list)

    def count(self, trial: int, fault: str | None) -> None:
        """Count a trial; None if all was well."""
        if fault is None:
            self.held += 1
        else:
            self.faults.append(f"{self.what}, trial {trial}: {fault}")
            print(self.faults[-1], file=sys.stderr, flush=True)  # It may be long until the table.

    def __add__(self, other: Tally) -> Tally:
        """Return the sum of two: the same thing, tried twice."""
        return Tally(
            self.what,
            self.held + other.held,
            self.faults + other.faults,
            max(self.slowest, other.slowest),
            self.done + other.done,
            self.done_is,
            self.notes + other.notes,
        )

    def row(self) -> str:
        """Return the row."""
        told = [f"{self.done} {self.done_is}, the others refused in a sentence"] * bool(self.done)
        told += [f"slowest {self.slowest:.1f} s"] * bool(self.slowest)
        trials = self.held + len(self.faults)
        notes = "; ".join([*told, *self.notes])
        return f"| {self.what} | {trials:,} | {self.held:,} | {len(self.faults):,} | {notes} |"

    def append_to(self, file: Path) -> None:
        """Add it to a file, for the sum of several times."""
        with file.open("a") as lines:
            lines.write(json.dumps(asdict(self)) + "\n")


def earlier_tallies(file: Path | None) -> list[Tally]:
    """Return those that were appended to a file; none if there is no file."""
    if file is None or not file.exists():
        return []
    return [Tally(**json.loads(line)) for line in file.read_text().splitlines()]


class Until:
    """Numbers of trials, until there are enough or the time is over.

    Parameters
    ----------
    seconds : float
    """

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def trials(self, count: int) -> Iterator[int]:
        """Yield 0, 1, 2 ..."""
        for trial in range(count):
            if time.monotonic() > self._end:
                return
            yield trial
