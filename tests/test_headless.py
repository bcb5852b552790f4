"""Painting without a window: the files, the words and the exit code."""

from __future__ import annotations

from collections.abc import Generator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from napari.layers import Image as Layer
from PIL import Image

from napari_neural_style import headless
from napari_neural_style.api import layer_run
from napari_neural_style.control import Control
from napari_neural_style.errors import ImageError, WeightsError
from napari_neural_style.headless import paint
from napari_neural_style.job import Job
from napari_neural_style.presets import catalogue as presets
from napari_neural_style.progress import Notice, Progress
from napari_neural_style.records.records import read_record, recorded_settings
from napari_neural_style.tasks.request import Request
from pretended import PretendedEngine
from quick import QUICK


def asked(content: Layer, style: Layer, **settings: Any) -> Request:
    return Request.of(content, style, **settings)


@pytest.fixture
def photo() -> Layer:
    return Layer(
        np.random.default_rng(0).integers(0, 256, (20, 30, 3), np.uint8), name="photo", rgb=True
    )


@pytest.fixture
def painting() -> Layer:
    return Layer(
        np.random.default_rng(1).integers(0, 99, (25, 25, 3), np.uint8), name="painting", rgb=True
    )


def test_the_picture_is_saved_and_said_to_be(
    photo: Layer, painting: Layer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "out.png"
    assert paint(asked(photo, painting, **QUICK), output) == 0
    with Image.open(output) as picture:
        assert picture.size == (30, 20)
    record = read_record(output)
    assert recorded_settings(record) == presets.settings(**QUICK)
    inputs = record["inputs"]
    assert (inputs["content"], inputs["style"]) == ("photo", "painting")
    told = capsys.readouterr()
    assert told.out.count("\n") == 1
    for word in (str(output), "photo", "painting", "12 steps"):
        assert word in told.out
    assert "step 12 of 12" in told.err
    assert "100%" in told.err


def test_the_bar_says_how_long_it_will_take(
    photo: Layer, painting: Layer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = {**QUICK, "steps": 400}
    paint(asked(photo, painting, **settings), tmp_path / "out.png")
    assert " left" in capsys.readouterr().err


def test_how_far_something_slow_is_stands_in_the_bar(
    photo: Layer,
    painting: Layer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    class Finishing(PretendedEngine):
        def stylize_steps(
            self, job: Job, control: Control | None = None
        ) -> Generator[Progress | Notice | None, None, None]:
            *steps, last = super().stylize_steps(job, control)
            yield from steps
            yield Notice("Finishing the brushwork.", fraction=0.4)
            yield last

    monkeypatch.setattr(headless, "layer_run", partial(layer_run, engine=Finishing()))
    paint(asked(photo, painting, **QUICK), tmp_path / "out.png")
    assert "Finishing the brushwork. 40%" in capsys.readouterr().err


def test_a_stand_in_for_the_missing_weights_is_announced(
    photo: Layer, painting: Layer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = {**QUICK, "features": "vgg19", "weights": "auto"}
    assert paint(asked(photo, painting, **settings), tmp_path / "out.png") == 0
    told = capsys.readouterr()
    assert "built-in network" in told.out + told.err


def test_weights_that_cannot_be_had_are_an_error_and_save_nothing(
    photo: Layer, painting: Layer, tmp_path: Path
) -> None:
    settings = {**QUICK, "features": "vgg19", "weights": "imagenet"}
    with pytest.raises(WeightsError, match=r"vgg19_weights\S+\.h5"):
        paint(asked(photo, painting, **settings), tmp_path / "out.png")
    assert not list(tmp_path.iterdir())


def test_an_image_with_holes_is_an_error(painting: Layer, tmp_path: Path) -> None:
    holes = Layer(np.full((20, 30), np.nan), contrast_limits=(0, 1), name="scan")
    with pytest.raises(ImageError, match="scan"):
        paint(asked(holes, painting, **QUICK), tmp_path / "out.png")
