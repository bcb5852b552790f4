"""A mask that is painted on while the run is at work, with the real engine process."""

from __future__ import annotations

import numpy as np
import pytest
from napari.components import ViewerModel

from napari_neural_style import reproduce, stylize_layers
from napari_neural_style.errors import ImageError, NothingToPaint
from napari_neural_style.records.records import record_of
from quick import ENDLESS, PATIENCE, QUICK, wait_until

pytestmark = pytest.mark.usefixtures("without_qt")


@pytest.fixture
def viewer() -> ViewerModel:
    """A viewer with a photo, a painting, and a mask of the photo's left third."""
    rng = np.random.default_rng(5)
    viewer = ViewerModel()
    viewer.add_image(rng.integers(0, 256, (20, 30, 3), np.uint8), name="photo", rgb=True)
    viewer.add_image(rng.integers(0, 128, (25, 25, 3), np.uint8), name="painting", rgb=True)
    viewer.add_labels(np.repeat([[1, 0, 0]], [10, 10, 10], axis=1) * np.ones((20, 1), int))
    viewer.layers[-1].name = "where"
    return viewer


def changed(viewer: ViewerModel, run) -> np.ndarray:
    """How far each third of the result is from the photo."""
    difference = np.abs(run.layer.data.astype(int) - viewer.layers["photo"].data)
    return difference.mean(axis=(0, 2)).reshape(3, 10).mean(axis=1)


def test_the_run_goes_on_with_the_mask_as_it_is_by_then(viewer: ViewerModel) -> None:
    mask = viewer.layers["where"]
    options = {**ENDLESS, "mask_softness": 0}
    viewer.layers.selection.active = mask
    run = stylize_layers(viewer, "photo", "painting", content_mask="where", **options)
    wait_until(run, lambda: run.layer is not None and changed(viewer, run)[0] > 3)
    assert viewer.layers.selection.active is mask, "whoever paints on it goes on"
    assert changed(viewer, run)[1:].max() == 0
    assert not run.take_mask(), "nothing has been painted"
    mask.data[:, :10], mask.data[:, 20:] = 0, 1
    assert run.take_mask()
    wait_until(run, lambda: changed(viewer, run)[2] > 3)
    assert changed(viewer, run)[:2].max() == 0, "what was wiped is the photo again"
    run.cancel()
    run.wait(PATIENCE)
    (step,) = record_of(run.layer)["inputs"]["mask_painted"]
    assert step > 0
    assert not run.take_mask(), "it is over"
    run.continue_for(4).wait(PATIENCE)
    assert changed(viewer, run)[2] > 3

    again = reproduce(viewer, run.layer)
    again.cancel()
    assert any("mask was painted on" in notice.text for notice in again.notices)


def test_levels_of_strength_may_change_as_well(viewer: ViewerModel) -> None:
    mask = viewer.layers["where"]
    mask.data[:] = 1
    options = {**ENDLESS, "mask_softness": 0, "mask_levels": 10}
    run = stylize_layers(viewer, "photo", "painting", content_mask="where", **options)
    wait_until(run, lambda: run.layer is not None)
    mask.data[:, 10:] = 10
    assert run.take_mask()
    wait_until(run, lambda: np.diff(changed(viewer, run))[0] > 3)
    run.cancel()
    run.wait(PATIENCE)


def test_a_run_that_waits_takes_it_before_it_begins(viewer: ViewerModel) -> None:
    first = stylize_layers(viewer, "photo", "painting", **ENDLESS)
    options = {**QUICK, "mask_softness": 0}
    run = stylize_layers(viewer, "photo", "painting", content_mask="where", **options)
    viewer.layers["where"].data[:, 20:] = 1
    assert run.take_mask()
    first.cancel()
    run.wait(PATIENCE)
    assert changed(viewer, run)[2] > 1
    assert "mask_painted" not in record_of(run.layer)["inputs"], "it can be painted again as it was"


def test_what_cannot_be_taken_is_said_and_the_run_goes_on(viewer: ViewerModel) -> None:
    mask = viewer.layers["where"]
    plain = stylize_layers(viewer, "photo", "painting", **ENDLESS)
    with pytest.raises(ImageError, match="no mask layer"):
        plain.take_mask()
    plain.cancel()
    run = stylize_layers(viewer, "photo", "painting", content_mask="where", **ENDLESS)
    kept = mask.data.copy()
    mask.data[:] = 0
    with pytest.raises(NothingToPaint):
        run.take_mask()
    mask.data[:] = kept
    run.cancel()
    mask.data[:] = 1
    full = stylize_layers(viewer, "photo", "painting", content_mask="where", **ENDLESS)
    mask.data[:, :5] = 0
    with pytest.raises(ImageError, match="covers everything"):
        full.take_mask()
    full.cancel()
    for some in (plain, run, full):
        some.wait(PATIENCE)
        assert some.state == "cancelled"
