"""From a request of arrays to a job."""

from __future__ import annotations

import numpy as np
import pytest

from napari_neural_style.errors import ImageError, SettingsError
from napari_neural_style.pictures.colour import is_grey, to_oklab
from napari_neural_style.tasks.array_tasks import make_task
from napari_neural_style.tasks.request import Request

SHAPE = (12, 16)


def make(content, styles=None, **options):
    return make_task(Request.of(content, styles, **options))


@pytest.fixture
def content(picture):
    return picture(*SHAPE, seed=1)


@pytest.fixture
def style(picture):
    return picture(10, 14, seed=2)


@pytest.fixture
def labels():
    """0 on the left, 1 in the middle, 5 on the right."""
    return np.repeat(np.repeat([0, 1, 5], [4, 6, 6])[None], SHAPE[0], axis=0)


def test_one_style_is_as_simple_as_ever(content, style):
    job = make(content, style, steps=7).job
    assert job.style is style or np.array_equal(job.style, style)
    assert not job.guided
    assert job.settings.steps == 7


@pytest.mark.parametrize("as_pairs", [True, False])
def test_several_styles_make_one_region_with_their_weights(content, style, as_pairs):
    images = [style, style[::-1], style[:5]]
    job = make(content, list(zip(images, (1, 2, 0.5), strict=True)) if as_pairs else images).job
    (region,) = job.regions
    assert not job.guided
    assert [s.weight for s in region.styles] == ([1, 2, 0.5] if as_pairs else [1, 1, 1])
    for found, image in zip(region.styles, images, strict=True):
        np.testing.assert_array_equal(found.image, image)


def test_a_style_of_weight_0_is_left_out(content, style):
    job = make(content, [(style, 1), (style[::-1], 0)]).job
    np.testing.assert_array_equal(job.style, style)


def test_nested_lists_are_one_image(content, style):
    for image in (style, style[..., 0], style[:2, :2], style[:2, :2, 0]):
        (region,) = make(content, image.tolist()).job.regions
        (found,) = region.styles
        np.testing.assert_allclose(found.image[..., 0], image if image.ndim == 2 else image[..., 0])


def test_a_mask_makes_one_guided_region(content, style, labels):
    for mask in (labels > 0, labels, (labels > 0).astype(float)):
        (region,) = make(content, style, content_mask=mask).job.regions
        np.testing.assert_array_equal(region.guide, labels > 0)


def test_a_mask_of_everything_is_no_mask(content, style):
    task = make(content, style, content_mask=np.ones(SHAPE, bool))
    assert not task.job.guided
    np.testing.assert_array_equal(task.finish(content), content)


def test_each_label_takes_its_own_style(content, style, labels):
    styles = {5: style, 1: [(style[::-1], 2), (style[:5], 1)]}
    five, one = make(content, styles, content_mask=labels).job.regions
    np.testing.assert_array_equal(five.guide, labels == 5)
    np.testing.assert_array_equal(one.guide, labels == 1)
    assert [s.weight for s in one.styles] == [2, 1]


def test_the_background_may_have_a_style_too(content, style, labels):
    (region,) = make(content, {0: style}, content_mask=labels).job.regions
    np.testing.assert_array_equal(region.guide, labels == 0)


def test_labels_without_a_style_stay_as_they_are(content, style, labels):
    finish = make(content, {5: style}, content_mask=labels, mask_softness=0).finish
    found = finish(np.zeros_like(content))
    np.testing.assert_array_equal(found[labels != 5], content[labels != 5])
    assert (found[labels == 5] == 0).all()


def test_parts_of_the_style_go_where_their_label_is(content, style, labels):
    parts = np.zeros(style.shape[:2], int)
    parts[:3], parts[3:6], parts[6:] = 1, 5, 9  # Nothing of the content is 9.
    one, five = make(content, style, content_mask=labels, style_mask=parts).job.regions
    np.testing.assert_array_equal(one.styles[0].guide, parts == 1)
    np.testing.assert_array_equal(five.styles[0].guide, parts == 5)
    np.testing.assert_array_equal(five.guide, labels == 5)


def test_a_style_mask_alone_chooses_the_part_that_is_the_style(content, style):
    parts = np.zeros(style.shape[:2], bool)
    parts[2:6] = True
    task = make(content, style, style_mask=parts)
    (region,) = task.job.regions
    assert region.guide is None
    np.testing.assert_array_equal(region.styles[0].guide, parts)
    np.testing.assert_array_equal(task.finish(content * 0), content * 0)


@pytest.mark.parametrize(
    ("keywords", "says"),
    [
        ({"styles": None}, "no style"),
        ({"styles": []}, "no style"),
        ({"styles": {}, "content_mask": "labels"}, "no style"),
        ({"styles": {1: []}, "content_mask": "labels"}, "no style"),
        ({"styles": {1: "style"}}, "need a content mask"),
        ({"styles": {3: "style"}, "content_mask": "labels"}, r"label 3.* 0, 1, 5"),
        ({"styles": {"sky": "style"}, "content_mask": "labels"}, "'sky'"),
        ({"styles": {1: "style"}, "content_mask": np.ones(SHAPE) / 2}, "of floats"),
        ({"content_mask": np.zeros(SHAPE, bool)}, "content mask is empty"),
        ({"content_mask": np.ones((3, 4), bool)}, r"\(3, 4\)"),
        ({"style_mask": np.ones((3, 4), bool)}, r"style mask.*\(3, 4\)"),
        ({"style_mask": np.full((10, 14), 9), "content_mask": "labels"}, "no label in common"),
        ({"styles": {1: "style"}, "content_mask": "labels", "style_mask": 1}, "one style"),
        ({"styles": ["style", "style"], "style_mask": 1}, "one style"),
        ({"styles": [("style", -1)]}, "weight of a style is -1"),
        ({"styles": [("style", 0)]}, "weight 0"),
        ({"styles": [np.zeros((4, 4, 7))]}, "style has the shape"),
    ],
)
def test_what_does_not_fit_is_told(content, style, labels, keywords, says):
    def filled(value):
        if isinstance(value, str) and value in ("style", "labels"):
            return {"style": style, "labels": labels}[value]
        if isinstance(value, dict):
            return {key: filled(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return type(value)(map(filled, value))
        return value

    keywords = {"styles": style, **{name: filled(value) for name, value in keywords.items()}}
    with pytest.raises(ImageError, match=says):
        make(content, **keywords)


def test_a_wrong_colour_is_told(content, style):
    with pytest.raises(SettingsError, match="luminance"):
        make(content, style, color="grey")


def test_for_the_contents_colours_the_style_gets_them(content, style):
    job = make(content, style, color="content").job
    wanted, found = (to_oklab(image).reshape(-1, 3) for image in (content, job.style))
    np.testing.assert_allclose(found.mean(0), wanted.mean(0), atol=0.02)
    np.testing.assert_array_equal(job.content, content)


def test_for_brightness_alone_all_is_grey(content, style, picture):
    job = make(content, style, color="luminance", init=picture(*SHAPE, seed=4)).job
    assert all(map(is_grey, (job.content, job.style, job.init)))


@pytest.mark.parametrize("color", ["content", "luminance"])
def test_without_strength_nothing_is_recoloured(content, style, color):
    task = make(content, style, color=color, color_strength=0)
    np.testing.assert_array_equal(task.job.style, style)
    np.testing.assert_array_equal(task.job.content, content)
    np.testing.assert_array_equal(task.finish(content[::-1]), content[::-1])


def test_colours_are_those_of_the_own_region(picture, style, labels):
    content = picture(*SHAPE, seed=1)
    content[labels == 5] *= 0.2
    dark, bright = make(
        content, {5: style, 1: style[::-1]}, content_mask=labels, color="content"
    ).job.regions
    assert dark.styles[0].image.mean() < 0.4 * bright.styles[0].image.mean()


def test_a_start_from_an_image_needs_one(content, style):
    with pytest.raises(SettingsError, match="no image to start from"):
        make(content, style, init="image")
    task = make(content, style, init=content)
    assert task.job.settings.init == "image"
    np.testing.assert_array_equal(task.job.init, content)


def test_floats_and_levels_are_strengths_and_other_masks_are_not(content, style, labels):
    tenths = np.where(labels == 5, 5, 0) + np.where(labels == 1, 10, 0)
    for mask, levels in ((tenths / 10, 0), (tenths, 10)):
        task = make(content, style, content_mask=mask, mask_levels=levels, mask_softness=0)
        assert task.job.graded
        (region,) = task.job.regions
        np.testing.assert_allclose(region.guide, tenths / 10)
        # Half the strength is painted with less of it, not half transparent.
        black = task.finish(np.zeros_like(content))
        assert (black[labels > 0] == 0).all()
        np.testing.assert_array_equal(black[labels == 0], content[labels == 0])
    for mask in (labels, labels > 0):
        assert not make(content, style, content_mask=mask).job.graded
    assert not make(content, style, content_mask=np.ones(SHAPE)).job.graded


def test_levels_and_a_style_for_each_label_do_not_go_together(content, style, labels):
    with pytest.raises(SettingsError, match="mask_levels=0"):
        make(content, {1: style}, content_mask=labels, mask_levels=10)
