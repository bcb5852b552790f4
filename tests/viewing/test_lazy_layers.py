"""Lazy layers whose chunks cannot be read: one sentence with layer and slice, by every way in."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from napari.components import ViewerModel

from napari_neural_style import Comparison, history, reproduce, stylize, stylize_many
from napari_neural_style.api import stylize_layers
from napari_neural_style.errors import ImageError
from napari_neural_style.pictures.loading import loaded
from napari_neural_style.records.layer_writer import write_layer
from pretended import PretendedEngine
from quick import PATIENCE, QUICK

RNG = np.random.default_rng(3)
PHOTOS = RNG.integers(0, 256, (4, 12, 16, 3), np.uint8)
PAINTING = RNG.integers(0, 256, (9, 9, 3), np.uint8)


class Panic(BaseException):
    """As PyO3 has it: a panic in Rust is no Exception."""


class Unspeakable(Exception):
    def __str__(self) -> str:
        raise ValueError("no words")


class Lazy:
    """An array whose slices raise, once told to, or give what was not promised."""

    def __init__(self, pixels: np.ndarray) -> None:
        self.pixels, self.shape, self.dtype = pixels, pixels.shape, pixels.dtype
        self.ndim = pixels.ndim
        self.bad: dict[int, Any] = {}

    def __getitem__(self, key: Any) -> Any:
        part = self.pixels[key]
        first = key[0] if isinstance(key, tuple) else key
        numbers = range(len(self.pixels))[first]
        for number in [numbers] if isinstance(numbers, int) else numbers:
            if (problem := self.bad.get(number)) is not None:
                if isinstance(problem, BaseException):
                    raise problem
                return problem(part)
        return part

    def __array__(self, *_: Any, **__: Any) -> np.ndarray:
        return self[:]


class Late:
    """A slice that raises only when it is computed."""

    def __init__(self, error: BaseException) -> None:
        self.error = error

    def __array__(self, *_: Any, **__: Any) -> np.ndarray:
        raise self.error


PROBLEMS: dict[str, Any] = {
    "a file that is gone": OSError("network drive is gone"),
    "one swallowed by napari's workers": RuntimeError("cannot schedule new futures"),
    "one that ends generators": StopIteration(),
    "a missing key": KeyError("0.0.3"),
    "no memory": MemoryError(),
    "a failed assertion": AssertionError(),
    "a cancelled task": asyncio.CancelledError(),
    "a panic": Panic("index out of bounds"),
    "one without words": Unspeakable(),
    "one of many lines": ValueError("first\nsecond\0\udcff" + "x" * 5000),
    "a warning that is an error": UserWarning("chunks are large"),
    "late": lambda part: Late(OSError("no such chunk")),
    "a shape that was not promised": lambda part: part[..., :-1, :, :],
    "no numbers": lambda part: np.full(part.shape, None),
    "nothing": lambda part: None,
}


@pytest.fixture
def film() -> Lazy:
    return Lazy(PHOTOS)


@pytest.fixture
def viewer(film: Lazy, without_qt: None) -> ViewerModel:
    viewer = ViewerModel()
    viewer.add_image(film, name="film", rgb=True, contrast_limits=(0, 255), multiscale=False)
    viewer.add_image(PAINTING, name="painting", rgb=True)
    return viewer


def paint(viewer: ViewerModel, content: Any = "film", style: Any = "painting", **more: Any) -> Any:
    engine = more.pop("engine", None) or PretendedEngine()
    settings = {**QUICK, "steps": 1, **more}
    return stylize_layers(viewer, content, style, engine=engine, **settings)


def _move_to(viewer: ViewerModel, number: int) -> None:
    with contextlib.suppress(BaseException):  # napari's own
        viewer.dims.set_point(0, number)


@pytest.mark.parametrize("problem", PROBLEMS)
def test_one_slice_is_told_by_layer_and_number(
    viewer: ViewerModel, film: Lazy, problem: str
) -> None:
    film.bad[3] = PROBLEMS[problem]
    _move_to(viewer, 3)
    with pytest.raises(ImageError, match=r"content layer 'film' cannot be read at slice 3") as told:
        paint(viewer)
    text = str(told.value)
    assert "\n" not in text
    assert "\0" not in text
    assert len(text) < 400
    assert text.endswith(".")


@pytest.mark.parametrize("problem", PROBLEMS)
def test_of_all_slices_the_others_are_painted(
    viewer: ViewerModel, film: Lazy, problem: str
) -> None:
    film.bad[2] = PROBLEMS[problem]
    run = paint(viewer, slices="all").wait(PATIENCE)
    assert run.state == "finished"
    assert list(run.failures) == [2]
    assert "'film' cannot be read at slice 2" in str(run.failures[2])
    film.bad.clear()
    run.resume()
    assert run.wait(PATIENCE).missing == []


def _as_mask(viewer: ViewerModel, film: Lazy) -> Any:
    labels = Lazy(np.ones((4, 12, 16), np.uint8))
    viewer.add_image(PHOTOS, name="photos", rgb=True)
    viewer.add_labels(labels, name="mask", multiscale=False)
    viewer.dims.set_point(0, 0)
    labels.bad[0] = OSError("gone")
    return lambda: paint(viewer, "photos", content_mask="mask")


WAYS: dict[str, Callable[[ViewerModel, Lazy], Callable[[], Any]]] = {
    "content": lambda viewer, _: lambda: paint(viewer, "film"),
    "style": lambda viewer, _: lambda: paint(viewer, "painting", "film"),
    "second style": lambda viewer, _: lambda: paint(viewer, "painting", ["painting", "film"]),
    "init": lambda viewer, _: lambda: paint(viewer, "painting", "painting", init="film"),
    "the view": lambda viewer, _: lambda: paint(viewer, "view"),
    "a comparison": lambda viewer, _: lambda: Comparison(viewer, ["film"], "painting").grid(),
    "a difference": lambda viewer, _: lambda: Comparison(viewer, ["film"], "painting").difference(),
    "mask": _as_mask,
}


@pytest.mark.parametrize("way", WAYS)
def test_wherever_a_layer_goes_in(viewer: ViewerModel, film: Lazy, way: str) -> None:
    _move_to(viewer, 0)
    painted = WAYS[way](viewer, film)
    film.bad[0] = OSError("network drive is gone")
    with pytest.raises(ImageError, match="cannot be read at slice 0"):
        painted()


def test_arrays_that_are_computed_late() -> None:
    late = Late(OSError("gone"))
    for arguments in ((late, PAINTING), (PAINTING, late)):
        with pytest.raises(ImageError, match="cannot be read"):
            stylize(*arguments, engine=PretendedEngine(), **QUICK)
    with pytest.raises(ImageError, match="mask cannot be read"):
        stylize(PAINTING, PAINTING, content_mask=late, engine=PretendedEngine(), **QUICK)
    with pytest.raises(ImageError, match="style cannot be read"):
        next(stylize_many([PAINTING], late, **QUICK))


@pytest.mark.parametrize("ending", [KeyboardInterrupt, SystemExit, GeneratorExit])
def test_who_wants_to_end_is_not_held(ending: type[BaseException]) -> None:
    with pytest.raises(ending):
        loaded(Late(ending()), "content")


def test_a_thumbnail_that_cannot_be_read_is_none(viewer: ViewerModel, film: Lazy) -> None:
    run = paint(viewer).wait(PATIENCE)
    late = Lazy(np.asarray(run.layer.data))
    run.layer.data = late
    late.bad = dict.fromkeys(range(4), OSError("gone"))
    assert history(viewer)[0].thumbnail(viewer) is None


def test_a_style_mask_and_a_frozen_mask(viewer: ViewerModel, film: Lazy) -> None:
    labels = Lazy(np.ones((4, 12, 16), np.uint8))
    viewer.add_labels(labels, name="mask", multiscale=False)
    labels.bad[2] = OSError("gone")
    _move_to(viewer, 2)
    with pytest.raises(ImageError, match="mask layer 'mask' cannot be read at slice 2"):
        paint(viewer, "painting", "film", style_mask="mask")
    # A mask of all slices is copied at once, and napari shows the copy nowhere.
    run = paint(viewer, slices="all", content_mask="mask").wait(PATIENCE)
    assert list(run.failures) == [2]


def test_what_napari_cannot_show_ends_nothing_of_ours(
    viewer: ViewerModel, film: Lazy, caplog: pytest.LogCaptureFixture
) -> None:
    engine = PretendedEngine()
    _move_to(viewer, 1)
    first = paint(viewer, engine=engine).wait(PATIENCE)
    _move_to(viewer, 0)
    comparison = Comparison(viewer, [first.layer], "painting")
    comparison.difference(first.layer, first.layer)
    film.bad = dict.fromkeys(range(4), OSError("network drive is gone"))
    with caplog.at_level(logging.WARNING, "napari_neural_style"):
        comparison.off()
        history(viewer).show(history(viewer)[0])
    assert [layer.visible for layer in viewer.layers] == [True, True, True]
    assert "napari cannot show the layer 'film': OSError: network drive is gone." in caplog.text
    with pytest.raises(ImageError, match="'film' cannot be read at slice 1"):
        reproduce(viewer, first.layer, engine=engine)


def test_saving_what_cannot_be_read(tmp_path: Path) -> None:
    late = Late(OSError("gone"))
    with pytest.raises(ImageError, match="layer 'scan' cannot be read"):
        write_layer(str(tmp_path / "a.tif"), late, {"metadata": {}, "name": "scan"})  # type: ignore[arg-type]
