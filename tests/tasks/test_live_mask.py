"""A mask read once more: each region of the job gets what is painted for it by then."""

from __future__ import annotations

import gc

import numpy as np
import pytest
from napari.components import ViewerModel

from napari_neural_style.errors import ImageError
from napari_neural_style.tasks.layer_tasks import LayerTasks
from napari_neural_style.tasks.live_mask import LiveMask
from napari_neural_style.tasks.request import Request

SHAPE = (12, 16)


def _viewer() -> ViewerModel:
    viewer = ViewerModel()
    for seed, name in enumerate(("photo", "red", "blue")):
        pixels = np.random.default_rng(seed).integers(0, 255, (*SHAPE, 3), np.uint8)
        viewer.add_image(pixels, rgb=True, name=name)
    painted = np.zeros(SHAPE, int)
    painted[:4], painted[4:8] = 1, 2
    viewer.add_labels(painted, name="parts")
    return viewer


@pytest.fixture
def viewer() -> ViewerModel:
    return _viewer()


def _read(viewer: ViewerModel, styles: object, **options: object):
    tasks = LayerTasks.of(viewer, Request.of("photo", styles, content_mask="parts", **options))
    task, placement = tasks.current()
    return task, LiveMask(tasks, placement)


def test_each_region_gets_its_own_labels(viewer: ViewerModel) -> None:
    task, mask = _read(viewer, {2: "red", 1: "blue"}, mask_softness=0)
    assert mask.layer is viewer.layers["parts"]
    assert mask.taken_by(task) is None
    painted = viewer.layers["parts"].data
    painted[8:], painted[:4, 8:] = 2, 7  # 7 has no style
    new = mask.taken_by(task)
    assert new is not None
    two, one = new.job.regions
    np.testing.assert_array_equal(two.guide, painted == 2)
    np.testing.assert_array_equal(one.guide, painted == 1)
    assert [region.styles for region in new.job.regions] == [r.styles for r in task.job.regions]
    content = task.job.content
    np.testing.assert_array_equal(new.finish(content * 0)[painted == 7], content[painted == 7])
    assert (new.finish(content * 0)[painted == 2] == 0).all()


def test_it_does_not_hold_the_layer() -> None:
    task, mask = _read(_viewer(), "red")
    gc.collect()
    assert mask.layer is None
    with pytest.raises(ImageError, match="no mask layer"):
        mask.taken_by(task)


def test_parts_of_a_style_stay_what_they_are(viewer: ViewerModel) -> None:
    viewer.add_labels(np.ones(SHAPE, int), name="of the style")
    task, mask = _read(viewer, "red", style_mask="of the style")
    viewer.layers["parts"].data[:] = 2
    with pytest.raises(ImageError, match="parts of a style"):
        mask.taken_by(task)
