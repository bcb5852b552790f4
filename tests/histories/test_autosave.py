"""Long runs are saved as they go; what a crash leaves is offered, and nothing else is."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from napari.components import ViewerModel

from forked_programs import forked_program
from napari_neural_style import stylize_layers
from napari_neural_style.errors import ImageError
from napari_neural_style.histories import autosave
from napari_neural_style.histories.leftovers import leftovers
from napari_neural_style.records.records import read_record, record_of, recorded_settings
from napari_neural_style.reproduction import reproduce
from pretended import PretendedEngine
from quick import ENDLESS, PATIENCE, QUICK
from without_tensorflow import PREAMBLE

posix = pytest.mark.skipif(os.name != "posix", reason="signals")
RNG = np.random.default_rng(9)
PHOTO = RNG.integers(0, 256, (20, 30, 3), np.uint8)
PAINTING = RNG.integers(0, 128, (25, 25, 3), np.uint8)

#: A session that paints until it is killed; {body} says what.
SESSION = """
import numpy as np, sys, time
from napari.components import ViewerModel
from napari_neural_style import stylize_layers
from napari_neural_style.histories import autosave
from napari_neural_style.histories import leftovers
autosave.EVERY_SECONDS = 0.2
rng = np.random.default_rng(9)
viewer = ViewerModel()
viewer.add_image(rng.integers(0, 256, (20, 30, 3), np.uint8), name="photo", rgb=True,
                 scale=(2, 3), translate=(5, 7))
viewer.add_image(rng.integers(0, 128, (25, 25, 3), np.uint8), name="painting", rgb=True)
{body}
"""


@pytest.fixture(autouse=True)
def unfinished(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, without_qt: None) -> Path:
    """A folder of this test's own for what is saved; saved often."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setattr(
        autosave, "folder", lambda: tmp_path / "state/napari-neural-style/unfinished"
    )
    monkeypatch.setattr("napari_neural_style.histories.leftovers.folder", autosave.folder)
    monkeypatch.setattr(autosave, "EVERY_SECONDS", 0.0)
    return autosave.folder()


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> PretendedEngine:
    pretended = PretendedEngine()
    return pretended


@pytest.fixture
def viewer() -> ViewerModel:
    viewer = ViewerModel()
    viewer.add_image(PHOTO, name="photo", rgb=True, scale=(2, 3), translate=(5, 7))
    viewer.add_image(PAINTING, name="painting", rgb=True)
    return viewer


def saved(where: Path) -> list[Path]:
    # Not what is still being written, under a name that begins with a dot.
    return sorted(path for path in where.glob("[!.]*") if path.suffix in (".png", ".tif"))


def until(condition: Any) -> None:
    for _ in range(int(10 * PATIENCE)):
        if condition():
            return
        time.sleep(0.1)
    raise AssertionError("It did not come to that.")


def crash(unfinished: Path, body: str) -> None:
    """Run a session until something of it is saved, and kill it as the kernel would."""
    process = forked_program(
        PREAMBLE + SESSION.format(body=body), stderr=subprocess.PIPE, text=True
    )
    try:
        until(lambda: saved(unfinished) or process.poll() is not None)
        assert process.poll() is None, process.stderr.read()[-3000:]
        assert leftovers() == [], "a running session's files are nobody else's"
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stderr.close()


@posix
def test_after_a_kill_in_mid_run_the_picture_and_its_settings_are_there(
    unfinished: Path, viewer: ViewerModel, engine: PretendedEngine
) -> None:
    body = f"stylize_layers(viewer, 'photo', 'painting', **{ENDLESS!r}, seed=5).wait()"
    crash(unfinished, body)
    (found,) = leftovers()
    assert found.name == "photo in the style of painting"
    assert found.saved is not None
    layer = found.open(viewer)
    assert layer in viewer.layers
    assert layer.data.shape == PHOTO.shape
    assert layer.data.std() > 1, "a picture"
    np.testing.assert_array_equal(layer.scale, (2, 3))
    np.testing.assert_array_equal(layer.translate, (5, 7))
    record = record_of(layer)
    assert recorded_settings(record).seed == 5
    assert record["step"] >= 1
    assert leftovers() == [], "it is offered once"
    # From its record it can be painted again: the same layers are here.
    again = reproduce(
        viewer, {**record, "settings": record["settings"].replace("100000", "3")}, engine=engine
    )
    assert again.wait(PATIENCE).state == "finished"
    viewer.layers.remove(layer)
    viewer.layers.remove(again.layer)  # which may have been saved as well
    until(lambda: not saved(unfinished))


@posix
def test_a_killed_stack_keeps_its_finished_slices(unfinished: Path, viewer: ViewerModel) -> None:
    options = {**QUICK, "steps": 40, "update_every": 20, "slices": "all"}
    body = f"""
viewer.add_image(rng.random((40, 20, 30)), name="stack", contrast_limits=(0, 1))
stylize_layers(viewer, "stack", "painting", **{options!r}).wait()
time.sleep(100)
"""
    crash(unfinished, body)
    (found,) = leftovers()
    layer = found.open(viewer)
    assert layer.data.shape == (40, 20, 30, 4)
    for page in record_of(layer)["slices"]:
        assert (layer.data[page, ..., 3] == 255).all()


@posix
def test_two_sessions_never_offer_the_same_picture(unfinished: Path) -> None:
    body = f"stylize_layers(viewer, 'photo', 'painting', **{ENDLESS!r}).wait()"
    crash(unfinished, body)
    assert len(leftovers()) == 1
    program = (
        "from napari_neural_style.histories.leftovers import leftovers; print(len(leftovers()))"
    )
    with forked_program(program, stdout=subprocess.PIPE, text=True) as other:
        assert other.communicate()[0].split() == ["0"], "this process has it on offer"


def abandoned(unfinished: Path, viewer: ViewerModel, engine: PretendedEngine) -> Path:
    """Make it look as if a session that has saved one picture were gone."""
    stylize_layers(viewer, "photo", "painting", **{**QUICK, "steps": 3}, engine=engine).wait(
        PATIENCE
    )
    here = autosave.session(unfinished)
    until(lambda: here._writer._work_queue.empty())
    here._writer.submit(lambda: None).result()
    (path,) = saved(unfinished)
    here._lock.release()
    return path


def test_a_discarded_picture_is_gone_for_good(
    unfinished: Path, viewer: ViewerModel, engine: PretendedEngine
) -> None:
    path = abandoned(unfinished, viewer, engine)
    (found,) = leftovers()
    assert found.path == path
    found.discard()
    assert not path.exists()
    assert leftovers() == []


@pytest.mark.parametrize("damage", ["cut", "noise", "empty", "no record"])
def test_a_damaged_file_is_set_aside_with_a_word_and_not_offered(
    unfinished: Path, viewer: ViewerModel, engine: PretendedEngine, damage: str, caplog
) -> None:
    path = abandoned(unfinished, viewer, engine)
    content = path.read_bytes()
    end = len(content)
    damaged = {
        "cut": content[: end - 40],
        "noise": content[: end // 2] + b"noise" + content[end // 2 :],
        "empty": b"",
        "no record": content.replace(b"neural_style", b"neural_stile"),
    }
    path.write_bytes(damaged[damage])
    assert leftovers() == []
    assert "cannot be read" in caplog.text
    assert Path(f"{path}.damaged").exists(), "for whoever wants to try"
    assert leftovers() == []


def test_a_damaged_stack_is_said_to_be_one_when_it_is_opened(
    unfinished: Path, viewer: ViewerModel, engine: PretendedEngine
) -> None:
    viewer.add_image(RNG.random((4, 20, 30)), name="stack", contrast_limits=(0, 1))
    run = stylize_layers(
        viewer, "stack", "painting", **{**QUICK, "steps": 2}, slices="all", engine=engine
    ).wait(PATIENCE)
    here = autosave.session(unfinished)
    here._writer.submit(lambda: None).result()
    (path,) = saved(unfinished)
    assert path.suffix == ".tif"
    assert read_record(path)["slices"] == [0, 1, 2, 3]
    np.testing.assert_array_equal(tifffile.imread(path), run.layer.data)
    path.write_bytes(path.read_bytes()[:-300])
    here._lock.release()
    layers = len(viewer.layers)
    (found,) = leftovers()
    with pytest.raises(ImageError, match="cannot be read"):
        found.open(viewer)
    assert len(viewer.layers) == layers
    found.discard()


def test_the_file_goes_with_the_layer(
    unfinished: Path, viewer: ViewerModel, engine: PretendedEngine
) -> None:
    run = stylize_layers(viewer, "photo", "painting", **{**QUICK, "steps": 3}, engine=engine).wait(
        PATIENCE
    )
    until(lambda: saved(unfinished))
    viewer.layers.remove(run.layer)
    until(lambda: not saved(unfinished))


def test_a_session_that_ends_in_order_leaves_nothing(unfinished: Path) -> None:
    body = f"""
stylize_layers(viewer, "photo", "painting", **{QUICK!r}).wait()
autosave.EVERY_SECONDS = 0
stylize_layers(viewer, "photo", "painting", **{ {**QUICK, "update_every": 1}!r}).wait()
while not list(autosave.folder().glob("*.png")): time.sleep(0.1)
print("saved")
"""
    with forked_program(
        PREAMBLE + SESSION.format(body=body), stdout=subprocess.PIPE, text=True
    ) as session:
        assert "saved" in session.communicate()[0]
    assert session.returncode == 0
    assert list(unfinished.iterdir()) == []


def test_short_runs_are_not_written(
    unfinished: Path, viewer: ViewerModel, engine: PretendedEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(autosave, "EVERY_SECONDS", 1000.0)
    stylize_layers(viewer, "photo", "painting", **QUICK, engine=engine).wait(PATIENCE)
    assert not unfinished.exists()


def test_where_nothing_can_be_written_the_run_goes_on(
    unfinished: Path, viewer: ViewerModel, engine: PretendedEngine, caplog
) -> None:
    unfinished.parent.mkdir(parents=True)
    unfinished.write_text("a file where a folder should be")
    autosave._told_once.cache_clear()
    run = stylize_layers(viewer, "photo", "painting", **QUICK, engine=engine).wait(PATIENCE)
    assert run.state == "finished"
    assert caplog.text.count("cannot be saved as they go") == 1
    assert leftovers() == []


def test_where_files_cannot_be_locked_the_run_goes_on(
    unfinished: Path, viewer: ViewerModel, engine: PretendedEngine, monkeypatch, caplog
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise NotImplementedError("FileSystem does not appear to support flock")

    monkeypatch.setattr(autosave.FileLock, "acquire", refuse)
    autosave._told_once.cache_clear()
    run = stylize_layers(viewer, "photo", "painting", **QUICK, engine=engine).wait(PATIENCE)
    assert run.state == "finished"
    assert caplog.text.count("cannot be saved as they go") == 1
    assert "flock" in caplog.text
