"""The engine chooses tiles by itself, refuses what cannot fit, and remembers what it took."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_neural_style.costs import measured
from napari_neural_style.costs.measured import expected_costs, known_costs, measured_costs
from napari_neural_style.costs.model import Plan, pixels_at_once, work
from napari_neural_style.engine import stylize_steps, tile_choice
from napari_neural_style.engine.peak_memory import PeakMemory
from napari_neural_style.engine.tiles import cut
from napari_neural_style.errors import SettingsError
from napari_neural_style.job import Job
from napari_neural_style.settings import Settings

SETTINGS = Settings(
    features="builtin",
    precision="float32",
    device="cpu",
    size=144,
    steps=2,
    smallest_scale=0,
    optimizer="adam",
    content_layers={"block1_conv2": 1.0},
    style_layers={"block1_conv1": 1.0},
)


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setattr(measured.platformdirs, "user_cache_path", lambda *_: tmp_path)


@pytest.fixture
def sides(monkeypatch):
    """The sides that the engine chose."""
    found = []
    plan = tile_choice.TileChoice.plan

    def noted(self, shape):
        planned = plan(self, shape)
        found.append(planned.side)
        return planned

    monkeypatch.setattr(tile_choice.TileChoice, "plan", noted)
    return found


def paint(picture, **changes):
    job = Job(picture(100, 144, seed=1), picture(80, 80, seed=2), SETTINGS.replace(**changes))
    return list(stylize_steps(job))[-1].image


def test_tiles_are_taken_where_the_whole_picture_does_not_fit(picture, monkeypatch, sides):
    whole = paint(picture)
    costs = expected_costs(SETTINGS)
    needed = 150 * 2**20 + 108 * 152 * (costs.bytes_per_pixel + 14 * 12)
    monkeypatch.setattr(tile_choice, "available_memory", lambda: int(needed / 0.8) - 2**20)
    tiled = paint(picture)
    assert sides[0] == 0
    assert 0 < sides[1] < 144
    np.testing.assert_allclose(tiled, whole, atol=2e-3)


def test_what_cannot_fit_is_refused_before_the_first_step(picture, monkeypatch, sides):
    monkeypatch.setattr(tile_choice, "available_memory", lambda: 153 * 2**20)
    with pytest.raises(SettingsError, match=r"needs about .* choose size=\d+ or less") as error:
        paint(picture)
    assert not sides
    fitting = int(str(error.value).partition("size=")[2].split()[0])
    assert 16 < fitting < 144
    assert max(paint(picture, size=fitting).shape) == fitting


def test_what_a_run_took_is_kept(picture, monkeypatch):
    monkeypatch.setattr(tile_choice, "_ENOUGH_PIXELS", 1)
    settings = {"steps": 6}
    assert measured_costs(SETTINGS) is None
    paint(picture, steps=3)
    assert measured_costs(SETTINGS) is None, "too few steps to be timed"
    paint(picture, **settings)
    found = measured_costs(SETTINGS)
    assert found.seconds_per_pixel > 0
    assert found.bytes_per_pixel > 0
    assert found.margin >= 1


def test_a_picture_of_the_usual_size_tells_the_time_and_not_the_memory(picture, monkeypatch):
    monkeypatch.setattr(tile_choice, "_ENOUGH_FOR_TIME", 1)
    assert known_costs(SETTINGS).seconds_per_pixel is None
    paint(picture, steps=6)
    assert measured_costs(SETTINGS) is None
    found, expected = known_costs(SETTINGS), expected_costs(SETTINGS)
    assert found.seconds_per_pixel > 0
    assert found.bytes_per_pixel == expected.bytes_per_pixel
    monkeypatch.setattr(tile_choice, "_ENOUGH_PIXELS", 1)
    paint(picture, steps=6)
    whole = measured_costs(SETTINGS)
    monkeypatch.setattr(tile_choice, "_ENOUGH_PIXELS", 400_000)
    paint(picture, steps=6)
    assert measured_costs(SETTINGS) == whole, "what a large picture has told stays"


def test_peak_memory_is_that_of_the_work():
    memory = PeakMemory("/CPU:0")
    array = np.ones(40_000_000)
    del array
    found = memory.added()
    assert found is None or found > 250_000_000


@given(st.integers(200, 4000), st.integers(200, 4000), st.sampled_from([64, 128, 500, 1024]))
def test_the_work_that_is_estimated_is_that_of_the_tiles(height, width, side):
    if side >= max(height, width):
        return
    tiles = cut((height, width), side, (96, 96, 16))
    pixels = sum(
        (tile.rows.stop - tile.rows.start) * (tile.columns.stop - tile.columns.start)
        for tile in tiles
    )
    assert work(Plan(side, 0, True), (height, width), 96) == pytest.approx(1.5 * pixels, rel=0.05)
    largest = max(
        (tile.rows.stop - tile.rows.start) * (tile.columns.stop - tile.columns.start)
        for tile in tiles
    )
    assert largest <= 1.1 * pixels_at_once(Plan(side, 0, True), (height, width), 96)
