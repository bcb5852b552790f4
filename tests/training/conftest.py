"""The scripts of ``training/``, importable, and a small teacher to learn from."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

FOLDER = Path(__file__).parents[2] / "training"


@pytest.fixture(scope="session")
def _scripts() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(FOLDER))
        yield


@pytest.fixture(scope="session")
def teacher_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first two blocks of a VGG19 of seeded weights, narrow: a file that lacks deep layers."""
    rng = np.random.default_rng(4)
    path = tmp_path_factory.mktemp("teacher") / "teacher.npz"
    arrays = {}
    inputs = 3
    for layer, width in (("1_conv1", 12), ("1_conv2", 12), ("2_conv1", 16), ("2_conv2", 16)):
        gain = np.sqrt(2 / (9 * inputs))
        arrays[f"block{layer}.kernel"] = rng.normal(0, gain, (3, 3, inputs, width))
        arrays[f"block{layer}.bias"] = rng.normal(0, 5, width)
        inputs = width
    np.savez(path, **{name: array.astype(np.float32) for name, array in arrays.items()})
    return path
