"""Variations: each differs in one respect, and stays within what settings allow."""

from __future__ import annotations

import dataclasses

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from napari.components import ViewerModel

from napari_neural_style.settings import Settings
from napari_neural_style.tasks.request import Request
from napari_neural_style.variations import painted, small, variations
from pretended import PretendedEngine
from quick import QUICK


@given(
    st.builds(
        Settings,
        seed=st.integers(2**31 - 3, 2**31 - 1),
        style_strength=st.floats(0, 1),
        style_scale=st.floats(0.2, 4),
        color=st.sampled_from(["style", "content", "luminance"]),
    )
)
def test_each_differs_in_one_respect(settings: Settings) -> None:
    before = dataclasses.asdict(settings)
    changed = []
    for variation in variations(settings):
        after = dataclasses.asdict(variation.settings)
        changed.append({name for name, value in after.items() if value != before[name]})
    assert changed == [{"init", "seed"}, {"style_scale"}, {"style_strength"}, {"color"}]
    assert len({variation.title for variation in variations(settings)}) == 4


def test_a_small_one_is_painted_and_touches_no_layer() -> None:
    viewer = ViewerModel()
    photo = np.random.default_rng(1).integers(0, 256, (300, 400, 3), np.uint8)
    viewer.add_image(photo, name="photo", rgb=True)
    viewer.add_image(photo[::-1], name="painting", rgb=True)
    request = Request.of("photo", "painting", **{**QUICK, "size": 512, "steps": 100})
    engine = PretendedEngine()
    for variation in variations(request.settings):
        pictures = [p for p in painted(small(viewer, request, variation), engine) if p is not None]
        assert pictures[-1].dtype == np.uint8
        asked = engine.jobs[-1].settings
        assert (asked.size, asked.steps) == (160, 40)
    assert asked.color == "content"
    assert [layer.name for layer in viewer.layers] == ["photo", "painting"]
