"""Pictures that numpy could complain about are painted all the same, in whatever mode it is."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from napari.components import ViewerModel
from numpy.typing import NDArray

from napari_neural_style import stylize, stylize_layers
from pretended import PretendedEngine
from quick import PATIENCE, QUICK

RNG = np.random.default_rng(0)
IMAGES = {
    "8 bit": RNG.integers(0, 256, (30, 40, 4), np.uint8),
    "16 bit": RNG.integers(0, 65536, (30, 40, 3)).astype(np.uint16),
    "black": np.zeros((30, 40, 3), np.uint8),
    "nearly black": RNG.random((30, 40, 3), np.float32) * np.float32(1e-30),
    "too dark for float32": RNG.random((30, 40)) * 1e-300,
    "half": RNG.random((30, 40, 3)).astype(np.float16),
}
SETTINGS: tuple[dict[str, Any], ...] = ({}, {"color": "content"}, {"color": "luminance"})
pytestmark = [
    pytest.mark.usefixtures("without_qt"),
    pytest.mark.parametrize("image", IMAGES),
    pytest.mark.parametrize("settings", SETTINGS, ids=str),
]


@pytest.fixture
def style() -> NDArray[np.uint8]:
    return RNG.integers(0, 256, (20, 20, 3), np.uint8)


def test_arrays(image: str, settings: dict[str, Any], style: NDArray[np.uint8]) -> None:
    options = {**QUICK, **settings}
    expected = stylize(IMAGES[image], style, engine=PretendedEngine(), **options)
    with np.errstate(all="raise"):
        found = stylize(IMAGES[image], style, engine=PretendedEngine(), **options)
        assert set(np.geterr().values()) == {"raise"}, "the caller's own mode stays"
    np.testing.assert_array_equal(found, expected)


def test_layers(image: str, settings: dict[str, Any], style: NDArray[np.uint8]) -> None:
    viewer = ViewerModel()
    viewer.add_image(IMAGES[image], name="photo")
    viewer.add_image(style, name="painting")
    with np.errstate(all="raise"):
        run = stylize_layers(
            viewer, "photo", "painting", engine=PretendedEngine(), **QUICK, **settings
        )
        assert run.wait(PATIENCE).state == "finished"
