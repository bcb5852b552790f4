"""Arithmetic as it usually is, whatever the caller has told numpy to make of its exceptions."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import ParamSpec, TypeVar

import numpy as np

__all__ = ["usual_arithmetic"]

P = ParamSpec("P")
R = TypeVar("R")


def usual_arithmetic(function: Callable[P, R]) -> Callable[P, R]:
    """Let a function round to zero and to infinity as it always does.

    Under ``np.seterr(all="raise")``, as many set it to find faults of their own, a picture would
    fail whose darkest colours round to black. What is not finite is looked for where it matters.
    """

    @functools.wraps(function)
    def usual(*args: P.args, **options: P.kwargs) -> R:
        with np.errstate(all="ignore"):
            return function(*args, **options)

    return usual
