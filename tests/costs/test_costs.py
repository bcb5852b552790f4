"""What a run will take: memory, tiles, and the sizes that do not fit."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_neural_style.costs import available, measured
from napari_neural_style.costs.estimate import Estimate, estimate_for
from napari_neural_style.costs.measured import (
    expected_costs,
    finish_seconds,
    known_costs,
    remember_costs,
    remember_finish,
)
from napari_neural_style.costs.model import (
    Joint,
    NetworkCosts,
    Plan,
    curvature_pairs,
    memory,
    network_bytes,
    padded,
    pixels_at_once,
    work,
)
from napari_neural_style.costs.planning import check_fits, largest_size, plan
from napari_neural_style.errors import SettingsError
from napari_neural_style.hooks import StyleLossSpec
from napari_neural_style.hooks.manager import extensions
from napari_neural_style.settings import Settings

COSTS = NetworkCosts(2000.0, 32.0, 96, 1e-6)
GIB = 2**30


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setattr(measured.platformdirs, "user_cache_path", lambda *_: tmp_path)
    return tmp_path / "costs.json"


def test_curvature_pairs_of_large_pictures_stay_within_a_gibibyte_as_long_as_three_do():
    for side in (64, 512, 2048, 2600, 4096, 8192):
        pairs = curvature_pairs(side * side)
        assert 3 <= pairs <= 10
        assert pairs == 3 or pairs * 2 * 3 * 4 * side * side <= GIB


def test_a_picture_is_whole_where_it_fits_and_in_the_largest_tiles_that_do_where_not():
    settings = Settings(optimizer="adam")
    shape = (3000, 4000)
    roomy = plan(shape, settings, COSTS, 100 * GIB)
    tight = plan(shape, settings, COSTS, 12 * GIB)
    tighter = plan(shape, settings, COSTS, 4 * GIB)
    assert roomy.side == 0
    assert tight.side > tighter.side > 0
    assert tight.bytes <= 0.8 * 12 * GIB
    assert tighter.bytes <= 0.8 * 4 * GIB
    assert roomy.fits
    assert tight.fits
    assert tighter.fits
    never = plan(shape, settings.replace(tile=0), COSTS, 12 * GIB)
    assert (never.side, never.fits) == (0, False)
    asked = plan(shape, settings.replace(tile=300), COSTS, 100 * GIB)
    assert asked.side == 300
    assert plan((200, 250), settings.replace(tile=300), COSTS, 100 * GIB).side == 0
    without = plan(shape, settings, NetworkCosts(2000.0), 12 * GIB)
    assert (without.side, without.fits) == (0, False)
    for gib in range(4, 28):
        found = plan(shape, settings, COSTS, gib * GIB)
        assert found.bytes <= 0.8 * gib * GIB
        assert found.bytes == memory(found, shape, settings, COSTS)
    unknown = plan(shape, settings, COSTS, None)
    assert (unknown.side, unknown.fits) == (0, True)


@given(st.integers(200, 4000), st.integers(200, 4000), st.sampled_from([64, 128, 500, 1024]))
def test_a_tile_takes_less_memory_and_all_tiles_more_work(height, width, side):
    shape, settings = (height, width), Settings(optimizer="adam")
    if side >= max(shape):
        return
    tiling = Plan(side, 0, True)
    assert pixels_at_once(tiling, shape, 96) <= height * width
    assert work(tiling, shape, 96) >= 1.5 * height * width
    found = memory(tiling, shape, settings, COSTS)
    assert network_bytes(found, tiling, shape, settings, COSTS) == pytest.approx(
        COSTS.bytes_per_pixel + 150 * 2**20 / pixels_at_once(tiling, shape, 96), rel=1e-3
    )


def test_behind_a_joint_the_picture_is_whole_where_there_is_memory_for_that():
    joints = (Joint("early", 6, 0.3, 100.0), Joint("late", 40, 0.8, 20.0))
    costs, settings, shape = replace(COSTS, joints=joints), Settings(optimizer="adam"), (3000, 4000)
    found = {gib: plan(shape, settings, costs, gib * GIB) for gib in (60, 24, 12, 5)}
    layers = [tiling.joint.layer if tiling.joint else "" for tiling in found.values()]
    assert layers == ["", "early", "late", ""]
    assert found[60].side == 0
    works = [work(tiling, shape, 96) for tiling in found.values()]
    assert sorted(works) == works
    assert works[1] < 1.25 * works[0], "all but the first layers do their work once"
    for gib, tiling in found.items():
        assert tiling.bytes == memory(tiling, shape, settings, costs)
        assert tiling.bytes <= 0.8 * gib * GIB
        at_once = network_bytes(tiling.bytes, tiling, shape, settings, costs)
        assert at_once == pytest.approx(COSTS.bytes_per_pixel, rel=0.3)


def test_more_optimiser_state_is_more_memory():
    shape = (1000, 1000)
    whole = Plan(0, 0, True)
    adam = memory(whole, shape, Settings(optimizer="adam"), COSTS)
    lbfgs = memory(whole, shape, Settings(optimizer="lbfgs"), COSTS)
    assert lbfgs - adam == 10 * 4 * 12 * 1000 * 1000
    assert memory(whole, shape, Settings(style_loss="wasserstein"), COSTS) == adam


def test_where_there_is_no_memory_for_its_curvature_pairs_adam_takes_over_in_place():
    shape, memories = (6000, 8000), range(6, 60)
    found = [plan(shape, Settings(), COSTS, gib * GIB) for gib in memories]
    ways = [tiling.in_place for tiling in found if tiling.fits and tiling.side]
    assert ways == sorted(ways, reverse=True), "only where memory is less"
    assert {*ways} == {True, False}
    for gib, tiling in zip(memories, found, strict=True):
        same = plan(shape, Settings(optimizer="adam"), COSTS, gib * GIB)
        others = [plan(shape, Settings(optimizer=o), COSTS, gib * GIB) for o in ("lbfgs", "lamb")]
        assert same.in_place == bool(same.side)
        assert not any(other.in_place for other in others)
        assert same.bytes <= gib * GIB or not same.fits
        assert tiling.fits == same.fits


def test_the_largest_size_fits_and_one_much_larger_does_not():
    settings, content = Settings(size=8192, optimizer="adam"), (6144, 8192)
    largest = largest_size(content, settings, COSTS, 2 * GIB)

    def fits(size):
        shape = padded((round(size * 0.75), size), settings)
        return plan(shape, settings, COSTS, 2 * GIB).fits

    assert fits(largest)
    assert not fits(largest + 30)
    with pytest.raises(SettingsError, match=f"choose size={largest} or less"):
        check_fits(plan((6656, 8704), settings, COSTS, 2 * GIB), 8192, largest, 2 * GIB)
    assert largest_size(content, settings, COSTS, 1000) is None


def test_costs_are_those_that_were_measured_once_there_are_any(cache):
    settings = Settings(features="builtin", size=700)
    before = known_costs(settings)
    assert before == expected_costs(settings)
    assert before.seconds_per_pixel is None
    remember_costs(settings, COSTS)
    assert known_costs(settings) == COSTS
    assert known_costs(settings.replace(size=100, steps=3, style_strength=0.1)) == COSTS
    assert known_costs(settings.replace(features="vgg19")) != COSTS
    assert known_costs(settings.replace(pooling="max")) != COSTS


@pytest.mark.parametrize(
    "text", ["", "[]", "{", '{"a": 1}', "null", "MACHINE 3", "MACHINE {}", "NEGATIVE", "NAN"]
)
def test_a_cache_that_others_have_written_into_is_not_believed(cache, text):
    settings = Settings(features="builtin")
    remember_costs(settings, COSTS)
    known = json.loads(cache.read_text())
    ((machine, costs),) = known.items()
    ((key, values),) = costs.items()
    written = {
        "MACHINE 3": {machine: 3},
        "MACHINE {}": {machine: {key: {}}},
        "NEGATIVE": {machine: {key: {**values, "margin": -1}}},
        "NAN": {machine: {key: {**values, "seconds_per_pixel": float("nan")}}},
    }.get(text)
    cache.write_text(text if written is None else json.dumps(written))
    assert known_costs(settings) == expected_costs(settings)


def test_vgg19_takes_more_than_the_builtin_network_and_fewer_layers_less():
    wide, narrow = (
        expected_costs(Settings(features=name)).bytes_per_pixel for name in ("vgg19", "builtin")
    )
    assert 1.5 < wide / narrow < 4
    shallow = Settings(content_layers={"block1_conv1": 1}, style_layers={"block1_conv2": 1})
    assert expected_costs(shallow).bytes_per_pixel < wide / 2


def test_neighbours_take_more_than_other_style_losses_and_have_measures_of_their_own(cache):
    settings = Settings(features="builtin")
    near = settings.replace(style_loss="neighbors")
    assert known_costs(near).bytes_per_pixel > 1.5 * known_costs(settings).bytes_per_pixel
    assert known_costs(near).seconds_per_pixel is None
    remember_costs(settings, COSTS)
    foreseen = known_costs(near)
    assert 1 < foreseen.seconds_per_pixel / COSTS.seconds_per_pixel < 1.5
    assert foreseen.bytes_per_pixel == expected_costs(near).bytes_per_pixel
    measured = replace(COSTS, bytes_per_pixel=7.0)
    remember_costs(near, measured)
    assert known_costs(near) == measured
    assert known_costs(settings) == COSTS


def test_what_an_extension_s_style_loss_takes_is_foreseen(cache, monkeypatch):
    losses = {"heavy": StyleLossSpec("heavy", "Heavy.", "a:b", memory=3, layer_by_layer=False)}
    monkeypatch.setattr(extensions(), "style_losses", {**extensions().style_losses, **losses})
    plain = Settings(features="vgg19")
    heavy = plain.replace(style_loss="heavy")
    remember_costs(plain, COSTS)
    expected = expected_costs(plain)
    assert known_costs(heavy).bytes_per_pixel == pytest.approx(3 * expected.bytes_per_pixel)
    assert known_costs(heavy).seconds_per_pixel == COSTS.seconds_per_pixel
    assert expected.joints
    assert not expected_costs(heavy).joints


def test_the_finish_takes_time_by_the_pixel_whatever_the_network(cache):
    settings = Settings(features="builtin", finish_steps=30, smallest_scale=0, steps=10)
    shape = (100, 200)
    assert finish_seconds(shape, settings) == 0
    remember_finish(settings, "/device:CPU:0", 1e-6)
    assert finish_seconds(shape, settings) == pytest.approx(0.6)
    assert finish_seconds(shape, settings.replace(features="vgg19")) == pytest.approx(0.6)
    assert finish_seconds(shape, settings.replace(finish_steps=0)) == 0
    remember_costs(settings, COSTS)
    plain = estimate_for((400, 600), settings.replace(finish_steps=0)).seconds
    # At 1e-6 s for each pixel of a step, too, 30 finishing steps take three times as long as 10.
    assert estimate_for((400, 600), settings).seconds == pytest.approx(4 * plain)
    (costs,) = json.loads(cache.read_text()).values()
    for damaged in ({}, {"seconds_per_pixel": -1}, {"seconds_per_pixel": "soon"}, 3):
        written = {key: damaged if "finish" in key else value for key, value in costs.items()}
        cache.write_text(json.dumps({measured._machine(): written}))
        assert finish_seconds(shape, settings) == 0
    cache.write_text(json.dumps({measured._machine(): 3}))
    remember_finish(settings, "/device:CPU:0", 1e-6)
    assert finish_seconds(shape, settings) == pytest.approx(0.6)


@pytest.mark.parametrize(
    ("painted", "device", "asked", "known"),
    [
        ("auto", "/device:CPU:0", "cpu", True),
        ("cpu", "/CPU:0", "auto", True),
        ("auto", "/GPU:0", "auto", True),
        ("auto", "/GPU:0", "cpu", False),
        ("gpu:1", "/GPU:1", "gpu:1", True),
        ("gpu:1", "/GPU:1", "gpu:0", False),
        ("cpu", "/CPU:0", "gpu:0", False),
    ],
)
def test_the_time_of_the_finish_is_that_of_the_device(cache, painted, device, asked, known):
    settings = Settings(finish_steps=30)
    remember_finish(settings.replace(device=painted), device, 1e-6)
    assert (finish_seconds((100, 200), settings.replace(device=asked)) > 0) == known


def test_an_estimate_in_words(monkeypatch):
    some = Estimate(int(2.4 * GIB), 9 * GIB, 16 * GIB, 243.0, 0, 2048, True)
    assert str(some) == "about 2.4 GB of 16 GB memory, about 4 min"
    tiled = Estimate(int(2.4 * GIB), 9 * GIB, 16 * GIB, None, 512, 4096, True)
    assert str(tiled) == "about 2.4 GB of 16 GB memory, in tiles of 512 px"
    large = Estimate(20 * GIB, 9 * GIB, 16 * GIB, 8.4, 64, 8192, False, 5000)
    assert str(large) == (
        "about 20.0 GB of 16 GB memory, about 8 s, in tiles of 64 px, does not fit: 5000 px is the "
        "largest"
    )
    assert str(Estimate(None, 1, 1, None, 0, 8, True)) == "not known before the first run"


def test_an_estimate_follows_memory_steps_and_size(monkeypatch):
    settings = Settings(features="builtin", size=3000, smallest_scale=0, steps=10)
    monkeypatch.setattr("napari_neural_style.costs.estimate.available_memory", lambda: 100 * GIB)
    assert estimate_for((2000, 4000), settings).seconds is None
    remember_costs(settings, COSTS)
    roomy = estimate_for((2000, 4000), settings)
    assert (roomy.size, roomy.tile, roomy.fits) == (3000, 0, True)
    height, width = padded((1500, 3000), settings)
    assert roomy.seconds == pytest.approx(10 * height * width * 1e-6)
    assert estimate_for((2000, 4000), settings.replace(steps=20)).seconds == 2 * roomy.seconds
    assert estimate_for((100, 200, 3), settings).size == 200
    monkeypatch.setattr("napari_neural_style.costs.estimate.available_memory", lambda: 8 * GIB)
    tight = estimate_for((2000, 4000), settings)
    assert tight.tile > 0
    assert tight.seconds > roomy.seconds
    assert tight.bytes < roomy.bytes
    monkeypatch.setattr("napari_neural_style.costs.estimate.available_memory", lambda: GIB // 2)
    none = estimate_for((2000, 4000), settings)
    assert not none.fits
    assert 1000 < none.largest < 3000


def test_the_limit_of_a_container_counts(tmp_path, monkeypatch):
    limit, used = tmp_path / "limit", tmp_path / "used"
    limit.write_text("3000000\n")
    used.write_text("1000000\n")
    monkeypatch.setattr(available, "_LIMITS", ((str(limit), str(used)), ("/no", "/such")))
    assert available.available_memory() == 2_000_000
    assert available.total_memory() == 3_000_000
    limit.write_text("max\n")
    assert available.available_memory() > 2_000_000
