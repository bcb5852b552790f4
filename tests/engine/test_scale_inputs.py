"""A job at one scale: the size of its styles."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_neural_style.engine.margins import Margins
from napari_neural_style.engine.scale_inputs import ScaleInputs, style_shape
from napari_neural_style.job import Job
from napari_neural_style.settings import Settings

SIDES = st.integers(1, 5000)


@pytest.mark.parametrize(
    ("own", "size", "scale", "expected"),
    [
        ((800, 1000), 500, 1.0, (400, 500)),  # as large as the picture
        ((200, 300), 500, 1.0, (200, 300)),  # never enlarged by itself
        ((800, 1000), 500, 0.5, (200, 250)),
        ((800, 1000), 500, 2.0, (800, 1000)),
        ((800, 1000), 250, 2.0, (400, 500)),  # the same proportion at a coarser scale
        ((200, 300), 500, 2.0, (400, 600)),
        ((200, 300), 500, 4.0, (400, 600)),  # twice its own size at most
        ((3000, 4000), 1024, 4.0, (1536, 2048)),  # and no more than memory has room for
        ((3000, 4000), 3000, 4.0, (2250, 3000)),
        ((300, 300), 128, 0.1, (64, 64)),  # enough for the deepest feature layer
        ((20, 40), 128, 0.1, (20, 40)),
    ],
)
def test_style_scale(own, size, scale, expected):
    assert style_shape(own, size, scale) == expected


@given(SIDES, SIDES, SIDES, st.floats(0.1, 4))
def test_coarser_strokes_never_come_from_a_smaller_style(height, width, size, scale):
    plain, scaled = (max(style_shape((height, width), size, s)) for s in (1.0, scale))
    assert plain == min(size, max(height, width))
    assert scaled >= plain if scale >= 1 else scaled <= plain
    assert min(style_shape((height, width), size, scale)) >= 1


def test_inputs_hold_everything_at_the_size_of_the_scale(picture):
    job = Job(picture(60, 80), picture(50, 50), Settings(style_scale=0.8), anchor=picture(30, 40))
    margins = Margins.of(job.content, 40, wanted=True)
    inputs = ScaleInputs.of(job, margins, 40, anchored=True)
    assert inputs.content.shape == (1, *margins.padded_shape, 3)
    assert inputs.regions[0][0].image.shape == (1, 40, 40, 3)
    assert inputs.guides == ()
    assert inputs.anchors[0].weight.shape == (1, *margins.padded_shape, 1)
    np.testing.assert_array_equal(inputs.kept(inputs.content * 0), inputs.content * 0)
