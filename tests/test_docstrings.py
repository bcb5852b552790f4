"""Every public name has an example in its docstring, and what it says is what happens."""

from __future__ import annotations

import doctest
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import skimage.data
from napari.components import ViewerModel
from PIL import Image

import napari_neural_style
from napari_neural_style.presets import preset_files
from tiny_films import colours, write_film
from tiny_looks import LearningEngine, tiny_look

NAMES = [name for name in napari_neural_style.__all__ if name != "__version__"]
PHOTO, PAINTING = skimage.data.chelsea(), skimage.data.coffee()


@pytest.fixture(scope="module")
def viewer() -> ViewerModel:
    """Two images, a film of two frames, and one result."""
    viewer = ViewerModel()
    viewer.add_image(PHOTO, name="photo", rgb=True)
    viewer.add_image(PAINTING, name="painting", rgb=True)
    film = np.stack([PHOTO[::10, ::10], PHOTO[::-10, ::10]])
    viewer.add_image(film, name="film", rgb=True, visible=False)
    run = napari_neural_style.stylize_layers(viewer, "photo", "painting", size=64, steps=3)
    run.wait()
    return viewer


@pytest.mark.parametrize("name", NAMES)
def test_the_example_of_a_public_name_runs(
    name: str,
    viewer: ViewerModel,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    without_qt: None,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(preset_files, "folder", lambda: tmp_path / "presets")
    (tmp_path / "photos").mkdir()
    for file, pixels in {"photos/cat": PHOTO, "photos/cup": PAINTING, "painting": PAINTING}.items():
        Image.fromarray(pixels[::4, ::4]).save(f"{file}.png")
    known: dict[str, Any] = {
        **{public: getattr(napari_neural_style, public) for public in NAMES},
        "np": np,
        "viewer": viewer,
        "photo": PHOTO,
        "painting": PAINTING,
        "painted": 255 - PHOTO,
    }
    if name == "LearnRun":  # Another name's example learns in earnest.
        known["learn"] = partial(napari_neural_style.learn, engine=LearningEngine())
    tiny_look().save("night.look")
    write_film(Path("film.mp4"), colours(2))
    thing = getattr(napari_neural_style, name)
    documented = type(thing) if name == "PRESETS" else thing
    (found,) = doctest.DocTestFinder(recurse=False).find(documented, name, globs=known)
    assert found.examples, "there must be an example"
    assert not any(doctest.SKIP in example.options for example in found.examples)
    told: list[str] = []
    failed, _ = doctest.DocTestRunner().run(found, out=told.append)
    assert not failed, "".join(told)
