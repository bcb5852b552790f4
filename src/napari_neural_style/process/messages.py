"""What the two processes say to each other: pickled records over a pair of private pipes."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Literal

from napari_neural_style.control import Guides
from napari_neural_style.job import Job
from napari_neural_style.learn_job import LearnJob

__all__ = ["IDLE_EXIT", "Command", "Ended", "Order", "Ready", "Start", "receive", "send"]

#: The first one whose arrays can travel beside the record.
_PROTOCOL = 5
#: Exit code of an engine process that nobody has wanted for long.
IDLE_EXIT = 75


#: What can be done with a run: each is a method of `Control`.
Command = Literal["pause", "resume", "cancel", "steer", "guide", "saw"]


@dataclass(frozen=True)
class Start:
    """To the engine: begin this job, with these environment variables."""

    run: int
    job: Job | LearnJob
    surroundings: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Order:
    """To the engine: do this with the run of that number, if it is the present one."""

    run: int
    what: Command
    #: What `Control.steer` or `Control.guide` is to be told.
    told: Mapping[str, float] | Guides | None = None


@dataclass(frozen=True)
class Ready:
    """From the engine: it has started, and can work."""


@dataclass(frozen=True)
class Ended:
    """From the engine: the run is over; `error` says why if it was not finished."""

    run: int
    error: Exception | None = None


def send(stream: BinaryIO, message: Any) -> None:
    """Write one message and push it through the pipe; nothing, if it cannot be pickled.

    Arrays go from where they are into the pipe: a large picture is not copied on the way.
    """
    arrays: list[pickle.PickleBuffer] = []
    record = pickle.dumps(message, _PROTOCOL, buffer_callback=arrays.append)
    parts = [array.raw() for array in arrays]
    stream.write(pickle.dumps((len(record), [part.nbytes for part in parts]), _PROTOCOL))
    for part in (memoryview(record), *parts):
        stream.write(part)
    stream.flush()


def receive(stream: BinaryIO) -> Any:
    """Read one message.

    Only ever called on a pipe whose other end is our own child or parent: pickles are programs.

    Raises
    ------
    EOFError
        If the other side is gone.
    """
    try:
        length, lengths = pickle.load(stream)
        record, *arrays = (_read(stream, count) for count in (length, *lengths))
        return pickle.loads(record, buffers=arrays)
    except EOFError:
        raise
    except Exception as error:
        raise EOFError from error


def _read(stream: BinaryIO, count: int) -> bytearray:
    """Read exactly so many bytes."""
    found = bytearray(count)
    there = memoryview(found)
    while there:
        read = stream.readinto(there)  # type: ignore[attr-defined] # of all that `open` returns
        if not read:
            raise EOFError
        there = there[read:]
    return found
