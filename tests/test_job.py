"""The records that go between the processes."""

from __future__ import annotations

import dataclasses
import pickle

import numpy as np
import pytest

from napari_neural_style.job import Job, Region, Style
from napari_neural_style.progress import Notice, Progress
from napari_neural_style.settings import Settings
from pretended import pretended_progress


def test_a_run_is_finished_at_its_last_step_only() -> None:
    assert not pretended_progress(9, 10).finished
    assert pretended_progress(10, 10).finished


def test_a_job_takes_the_balanced_settings_unless_told_otherwise() -> None:
    image = np.zeros((2, 3, 3), np.float32)
    assert Job(image, image).settings == Settings()


@pytest.mark.parametrize(
    "record", [pretended_progress(1, 2), Notice("Look!", important=True, fraction=0.5)]
)
def test_the_records_survive_the_pipe_and_do_not_change(record: Progress | Notice) -> None:
    copy = pickle.loads(pickle.dumps(record))
    for field in dataclasses.fields(record):
        np.testing.assert_equal(getattr(copy, field.name), getattr(record, field.name))
    with pytest.raises(dataclasses.FrozenInstanceError):
        copy.text = "changed"


def test_a_progress_does_not_print_its_pixels() -> None:
    assert "[[" not in repr(pretended_progress(1, 2))


def test_any_change_of_what_goes_in_changes_the_fingerprint() -> None:
    rng = np.random.default_rng(0)
    content, style = rng.random((2, 8, 9, 3)).astype(np.float32)
    guide = np.ones((8, 9), np.float32)
    other = content.copy()
    other[7, 8, 2] += np.float32(1e-4)
    regions = (Region((Style(style),), guide),)
    jobs = [
        Job(content, style),
        Job(other, style),
        Job(content, other),
        Job(style, content),
        Job(content.reshape(9, 8, 3), style),
        Job(content, style, init=content),
        Job(content, style, anchor=content),
        Job(content, regions),
        Job(content, (Region((Style(style, 2.0),), guide),)),
        Job(content, (Region((Style(style, 1.0, guide),), guide),)),
    ]
    assert len({job.fingerprint() for job in jobs}) == len(jobs)
    # Settings are another part of the record; a copy is the same picture.
    again = Job(content.copy(), np.asfortranarray(style), Settings(steps=3))
    assert again.fingerprint() == jobs[0].fingerprint()
