"""The states of a run."""

from __future__ import annotations

from typing import Literal

__all__ = ["OVER", "State"]

State = Literal["queued", "running", "paused", "finished", "cancelled", "failed"]
#: The states of a run that has ended.
OVER: tuple[State, ...] = ("finished", "cancelled", "failed")
