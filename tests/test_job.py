"""The records that go between the processes."""

from __future__ import annotations

import dataclasses
import pickle

import numpy as np
import pytest

from napari_neural_style.job import Job, Notice, Progress
from napari_neural_style.settings import Settings


def _progress(step: int, total: int) -> Progress:
    return Progress(
        step=step,
        total=total,
        losses={"total": 1.0},
        seconds=2.0,
        remaining=None,
        fraction=step / total,
        image=np.zeros((2, 3, 3), np.float32),
        style_loss="gram",
        features="built-in",
        device="CPU",
        precision="float32",
    )


def test_a_run_is_finished_at_its_last_step_only() -> None:
    assert not _progress(9, 10).finished
    assert _progress(10, 10).finished


def test_a_job_takes_the_balanced_settings_unless_told_otherwise() -> None:
    image = np.zeros((2, 3, 3), np.float32)
    assert Job(image, image).settings == Settings()


@pytest.mark.parametrize("record", [_progress(1, 2), Notice("Look!", important=True, fraction=0.5)])
def test_the_records_survive_the_pipe_and_do_not_change(record: Progress | Notice) -> None:
    copy = pickle.loads(pickle.dumps(record))
    for field in dataclasses.fields(record):
        np.testing.assert_equal(getattr(copy, field.name), getattr(record, field.name))
    with pytest.raises(dataclasses.FrozenInstanceError):
        copy.text = "changed"


def test_a_progress_does_not_print_its_pixels() -> None:
    assert "[[" not in repr(_progress(1, 2))
