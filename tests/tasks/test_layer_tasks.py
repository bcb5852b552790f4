"""What is asked for in a viewer, to the jobs the engine gets: layers of every kind as keywords."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from napari.components import ViewerModel

from napari_neural_style import stylize_layers
from napari_neural_style.errors import ImageError, SettingsError
from napari_neural_style.job import Job, Region
from napari_neural_style.tasks import layer_tasks
from napari_neural_style.viewing import mask_layers
from pretended import PretendedEngine
from quick import PATIENCE, QUICK

HEIGHT, WIDTH = 12, 16
RNG = np.random.default_rng(8)
PHOTO = RNG.integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)
COLOURS = {"red": (255, 0, 0), "green": (0, 255, 0), "blue": (0, 0, 255)}
PLACE = {"scale": (2, 3), "translate": (5, 7), "rotate": 20}
Paint = Callable[..., Any]


@pytest.fixture
def viewer() -> ViewerModel:
    """A photograph that lies askew, and three styles that are told apart by their colour."""
    viewer = ViewerModel()
    viewer.add_image(PHOTO, name="photo", rgb=True, **PLACE)
    for name, colour in COLOURS.items():
        viewer.add_image(np.full((10, 10, 3), colour, np.uint8), name=name, rgb=True)
    return viewer


@pytest.fixture
def engine() -> PretendedEngine:
    return PretendedEngine()


@pytest.fixture
def start(
    viewer: ViewerModel, engine: PretendedEngine, monkeypatch: pytest.MonkeyPatch, without_qt: None
) -> Paint:
    """A function that starts a run of two steps on the pretended engine."""

    def start_(content: Any = "photo", style: Any = None, **options: Any) -> Any:
        settings = {**QUICK, "steps": 2, "update_every": 1, "mask_softness": 0, **options}
        style = "red" if style is None else style
        return stylize_layers(viewer, content, style, **settings, engine=engine)

    return start_


@pytest.fixture
def paint(start: Paint) -> Paint:
    """A function that paints, and returns the result layer."""
    return lambda *args, **options: start(*args, **options).wait(PATIENCE).layer


def _colours(region: Region) -> list[tuple[str, float]]:
    """Return the names and weights of the styles of a region."""
    named = {colour: name for name, colour in COLOURS.items()}
    return [
        (named[tuple(round(255 * float(k)) for k in style.image[0, 0])], style.weight)
        for style in region.styles
    ]


def _regions(job: Job) -> tuple[Region, ...]:
    assert isinstance(job.style, tuple)
    return job.style


def _parts(*labels: int) -> np.ndarray:
    """Return a mask of upright stripes, one for each label, and the last stripe empty."""
    painted = np.zeros((HEIGHT, WIDTH), int)
    width = WIDTH // (len(labels) + 1)
    for k, label in enumerate(labels):
        painted[:, k * width : (k + 1) * width] = label
    return painted


@pytest.mark.parametrize("by_name", [True, False])
def test_one_style_by_name_or_itself(
    paint: Paint, viewer: ViewerModel, engine: PretendedEngine, by_name: bool
) -> None:
    layer = paint(style="green" if by_name else viewer.layers["green"])
    np.testing.assert_array_equal(engine.jobs[0].style[0, 0], (0, 1, 0))
    np.testing.assert_allclose(layer.data, 255 - PHOTO, atol=1)


def test_several_styles_as_a_list_and_as_pairs(
    paint: Paint, viewer: ViewerModel, engine: PretendedEngine
) -> None:
    paint(style=["red", viewer.layers["blue"]])
    assert _colours(*_regions(engine.jobs[-1])) == [("red", 1), ("blue", 1)]
    array = np.full((9, 9, 3), COLOURS["green"], np.uint8)
    layer = paint(style=[("red", 2), (viewer.layers["blue"], 0.5), (array, 0.25)])
    weights = [("red", 2), ("blue", 0.5), ("green", 0.25)]
    assert _colours(*_regions(engine.jobs[-1])) == weights
    assert layer.name.startswith("photo in the style of red, blue, an array")


def test_styles_by_label_of_a_mask_that_lies_over_the_content(
    paint: Paint, viewer: ViewerModel, engine: PretendedEngine
) -> None:
    painted = _parts(1, 2, 3, 4)
    viewer.add_labels(painted, name="parts", **PLACE)
    layer = paint(style={1: "red", 3: [("green", 1), ("blue", 3)]}, content_mask="parts")
    one, three = _regions(engine.jobs[0])
    np.testing.assert_array_equal(one.guide, painted == 1)
    np.testing.assert_array_equal(three.guide, painted == 3)
    assert _colours(one) == [("red", 1)]
    assert _colours(three) == [("green", 1), ("blue", 3)]
    stays = ~np.isin(painted, (1, 3))
    np.testing.assert_array_equal(layer.data[stays], PHOTO[stays])
    np.testing.assert_allclose(layer.data[~stays], 255 - PHOTO[~stays], atol=1)


def test_labels_that_share_a_style_are_one_region(
    paint: Paint, viewer: ViewerModel, engine: PretendedEngine
) -> None:
    painted = _parts(1, 2, 3)
    viewer.add_labels(painted, name="parts", **PLACE)
    paint(style={1: "red", 2: "blue", 3: viewer.layers["red"]}, content_mask="parts")
    red, blue = _regions(engine.jobs[0])
    np.testing.assert_array_equal(red.guide, np.isin(painted, (1, 3)))
    np.testing.assert_array_equal(blue.guide, painted == 2)


def test_shapes_are_labels_in_their_order(
    paint: Paint, viewer: ViewerModel, engine: PretendedEngine
) -> None:
    box = np.array([[0, 0], [0, 4], [6, 4], [6, 0]]) - 0.5
    viewer.add_shapes([box, np.add(box, (6, 8))], name="drawn", **PLACE)
    layer = paint(style={2: "green", 1: "blue"}, content_mask="drawn")
    second, first = _regions(engine.jobs[0])
    assert _colours(second) == [("green", 1)]
    there = np.zeros((HEIGHT, WIDTH), bool)
    there[6:12, 8:12] = True
    np.testing.assert_array_equal(second.guide > 0, there)
    there[:6, :4] = True
    np.testing.assert_array_equal((layer.data != PHOTO).any(-1) <= there, True)
    np.testing.assert_array_equal(first.guide[:6, :4], 1)


def test_an_array_as_mask_of_a_part_of_a_pyramid(
    paint: Paint, viewer: ViewerModel, engine: PretendedEngine
) -> None:
    fine = RNG.integers(0, 256, (128, 96, 3), np.uint8)
    viewer.add_image([fine, fine[::2, ::2], fine[::4, ::4]], multiscale=True, rgb=True, name="map")
    viewer.add_shapes([[[31.5, 15.5], [31.5, 79.5], [95.5, 79.5], [95.5, 15.5]]], name="here")
    mask = np.zeros((128, 96), bool)
    mask[32:64, 16:96] = True  # the upper half of the part, and beyond it
    paint("map", content_mask=mask, region="here", size=30)
    (region,) = _regions(engine.jobs[0])
    height, width = region.guide.shape
    assert (height, width) == (32, 32), "the level that fits the size"
    np.testing.assert_array_equal(region.guide[: height // 2], 1)
    np.testing.assert_array_equal(region.guide[height // 2 :], 0)


def test_an_array_as_mask_must_have_the_size_of_the_content(start: Paint) -> None:
    with pytest.raises(ImageError, match="height and width"):
        start(content_mask=np.ones((5, 5), bool))


@pytest.mark.parametrize("slices", ["current", "all"])
def test_a_mask_that_is_painted_on_during_the_run_changes_nothing(
    start: Paint, viewer: ViewerModel, slices: str
) -> None:
    film = RNG.integers(0, 256, (3, HEIGHT, WIDTH), np.uint8)
    viewer.add_image(film, name="film", contrast_limits=(0, 255))
    mask = viewer.add_labels(_parts(1), name="mask")
    before = mask.data.copy()
    run = start("film", content_mask="mask", slices=slices)

    def meddle(_: object) -> None:
        mask.data[:] = 1
        mask.data = np.zeros((2, 2), int)
        if mask in viewer.layers:
            viewer.layers.remove(mask)

    run.progressed.connect(meddle)
    data = run.wait(PATIENCE).layer.data
    shown = film if slices == "all" else film[:1]
    assert data.shape[:-1] == shown.shape
    assert not run.error
    np.testing.assert_allclose(data[..., 0][:, before == 0], shown[:, before == 0], atol=1)
    np.testing.assert_allclose(data[..., 0][:, before == 1], 255 - shown[:, before == 1], atol=1)


def test_a_slice_does_without_the_labels_that_others_have(
    start: Paint, viewer: ViewerModel, engine: PretendedEngine
) -> None:
    film = RNG.integers(0, 256, (4, HEIGHT, WIDTH), np.uint8)
    viewer.add_image(film, name="film", contrast_limits=(0, 255))
    painted = np.stack([_parts(1, 2), _parts(2), _parts(1), _parts()])
    viewer.add_labels(painted, name="parts")
    viewer.dims.set_current_step(0, 0)
    run = start("film", style={1: "red", 2: "blue"}, content_mask="parts", slices="all")
    run.wait(PATIENCE)
    seen = [[_colours(region)[0][0] for region in _regions(job)] for job in engine.jobs]
    assert seen == [["red", "blue"], ["blue"], ["red"]]
    assert list(run.failures) == [3]
    assert not any(notice.important for notice in run.notices)
    assert (run.layer.data[3] == 0).all()
    with pytest.raises(ImageError, match="label 9, which the content mask does not have"):
        start("film", style={1: "red", 9: "blue"}, content_mask="parts", slices="all")


def test_a_style_mask_matches_labels(
    paint: Paint, viewer: ViewerModel, engine: PretendedEngine
) -> None:
    painted = _parts(1, 2)
    viewer.add_labels(painted, name="parts", **PLACE)
    halves = np.repeat([[2], [1]], 5, axis=0) * np.ones((1, 10), int)
    viewer.add_labels(halves, name="halves")
    paint(style="red", content_mask="parts", style_mask="halves")
    one, two = _regions(engine.jobs[0])
    np.testing.assert_array_equal(one.guide, painted == 1)
    np.testing.assert_array_equal(one.styles[0].guide, halves == 1)
    np.testing.assert_array_equal(two.styles[0].guide, halves == 2)


@pytest.mark.parametrize("by_name", [True, False])
def test_a_layer_to_start_from(
    paint: Paint, viewer: ViewerModel, engine: PretendedEngine, by_name: bool
) -> None:
    first = paint()
    layer = paint(init=first.name if by_name else first)
    assert engine.jobs[-1].settings.init == "image"
    np.testing.assert_allclose(255 * engine.jobs[-1].init, 255.0 - PHOTO, atol=1)
    assert layer.metadata["neural_style"]["inputs"]["init"] == first.name


def test_of_a_result_to_start_from_the_part_over_the_region_counts(
    paint: Paint, viewer: ViewerModel, engine: PretendedEngine
) -> None:
    first = paint()
    corners = np.array([[2, 4], [2, 9], [8, 9], [8, 4]]) - 0.5
    viewer.add_shapes(corners, shape_type="polygon", name="here", **PLACE)
    paint(init=first, region="here")
    np.testing.assert_allclose(255 * engine.jobs[-1].init, 255.0 - PHOTO[2:8, 4:9], atol=1)


def test_every_slice_starts_from_its_own_of_the_result(
    start: Paint, viewer: ViewerModel, engine: PretendedEngine
) -> None:
    film = RNG.integers(0, 256, (3, HEIGHT, WIDTH), np.uint8)
    viewer.add_image(film, name="film", contrast_limits=(0, 255))
    first = start("film", slices="all").wait(PATIENCE).layer
    first.data[0] = 0  # transparent: nothing is painted there
    start("film", slices="all", init=first).wait(PATIENCE)
    starts = {job.content.tobytes(): 255 * job.init[..., 0] for job in engine.jobs[3:]}
    assert len(starts) == 3
    for k, job in enumerate(sorted(engine.jobs[:3], key=lambda job: _number(film, job))):
        expected = film[k] if k == 0 else 255.0 - film[k]
        np.testing.assert_allclose(starts[job.content.tobytes()], expected, atol=2)


def _number(film: np.ndarray, job: Job) -> int:
    return int(np.abs(film / 255 - job.content[..., 0]).mean(axis=(1, 2)).argmin())


def test_an_image_that_lies_elsewhere_is_stretched_to_start_from(
    paint: Paint, viewer: ViewerModel, engine: PretendedEngine
) -> None:
    paint(init="blue")
    job = engine.jobs[0]
    np.testing.assert_allclose(job.init, np.broadcast_to((0, 0, 1), job.init.shape), atol=1e-6)


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"content": "foto"}, "no content layer 'foto'; the layers are: 'photo', 'red'"),
        ({"style": {1: "rad"}, "content_mask": "parts"}, "no style layer 'rad'"),
        ({"style": []}, "give at least one"),
        ({"style": {}, "content_mask": "parts"}, "give at least one"),
        ({"style": {1: "red"}}, "need a content mask"),
        ({"style": {7: "red"}, "content_mask": "parts"}, "label 7, which .* 0, 1, 2"),
        ({"style": [("red", 0)]}, "weight above 0"),
        ({"style": [("red", -1)]}, "must be 0 or more"),
        ({"content_mask": "maske"}, "no content mask layer 'maske'"),
        ({"content_mask": "blue"}, "neither a labels nor a shapes layer"),
        ({"content_mask": "empty"}, "'empty' is empty here: paint on it"),
        ({"content_mask": "elsewhere"}, "'elsewhere' does not lie over its image"),
        ({"style_mask": "empty"}, "style mask layer 'empty' is empty"),
        ({"style": ["red", "blue"], "style_mask": "parts"}, "give one style"),
        ({"region": "parts"}, "not a shapes layer"),
        ({"init": "nowhere"}, "no initial layer 'nowhere'"),
        ({"init": "parts"}, "not an image layer"),
    ],
)
def test_what_cannot_be_is_said_in_a_sentence(
    start: Paint, viewer: ViewerModel, wrong: dict[str, Any], sentence: str
) -> None:
    viewer.add_labels(_parts(1, 2), name="parts", **PLACE)
    viewer.add_labels(_parts(), name="empty", **PLACE)
    viewer.add_labels(_parts(1), name="elsewhere", translate=(900, 900))
    count = len(viewer.layers)
    with pytest.raises(ImageError, match=sentence):
        start(**wrong)
    assert len(viewer.layers) == count


def test_a_result_of_the_painted_size_still_lies_exactly_over_the_content(
    paint: Paint, viewer: ViewerModel
) -> None:
    alpha = np.zeros((40, 60, 1), np.uint8)
    alpha[:, 30:] = 255
    pixels = np.concatenate([RNG.integers(0, 256, (40, 60, 3), np.uint8), alpha], axis=-1)
    photo = viewer.add_image(pixels, rgb=True, name="cut out", shear=[0.3], **PLACE)
    layer = paint("cut out", result_size="painted", size=20)
    assert layer.data.shape == (13, 20, 4)
    for corner in ((0, 0), (0, 1), (1, 0), (1, 1)):
        ours = np.multiply(corner, layer.data.shape[:2]) - 0.5
        theirs = np.multiply(corner, pixels.shape[:2]) - 0.5
        np.testing.assert_allclose(layer.data_to_world(ours), photo.data_to_world(theirs))
    np.testing.assert_array_equal(layer.data[:, :9, 3], 0)
    np.testing.assert_array_equal(layer.data[:, 11:, 3], 255)


@pytest.mark.parametrize("slices", ["current", "all"])
def test_a_mask_is_copied_for_a_stack_only(
    start: Paint, viewer: ViewerModel, monkeypatch: pytest.MonkeyPatch, slices: str
) -> None:
    copied: list[object] = []

    def frozen(layer: Any) -> Any:
        copied.append(layer)
        return mask_layers.frozen(layer)

    monkeypatch.setattr(layer_tasks, "frozen", frozen)
    viewer.add_image(RNG.random((2, HEIGHT, WIDTH)), name="stack")
    mask = viewer.add_labels(_parts(1), name="mask")
    run = start("stack", content_mask="mask", slices=slices)
    mask.data = np.zeros_like(mask.data)  # Whatever is painted later changes nothing.
    assert run.wait(PATIENCE).state == "finished"
    assert copied == ([mask] if slices == "all" else [])


@pytest.mark.parametrize("slices", ["current", "all"])
def test_a_start_from_no_image_is_refused_at_once(
    start: Paint, viewer: ViewerModel, engine: PretendedEngine, slices: str
) -> None:
    viewer.add_image(RNG.random((2, HEIGHT, WIDTH)), name="stack")
    with pytest.raises(SettingsError, match="no image to start from"):
        start("stack", slices=slices, init="image")
    assert engine.jobs == []


def test_the_settings_of_a_stack_say_what_it_starts_from(start: Paint, viewer: ViewerModel) -> None:
    viewer.add_image(RNG.random((2, HEIGHT, WIDTH)), name="stack")
    for init, expected in (("noise", "noise"), ("stack", "image"), (None, "content")):
        run = start("stack", slices="all", init=init)
        assert run.settings.init == expected
        run.cancel()
