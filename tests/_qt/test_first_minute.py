"""What a newcomer sees and does: an empty viewer, a pair, styles to click, the first picture."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from qtpy.QtCore import QMimeData, QPointF, Qt, QUrl
from qtpy.QtGui import QDropEvent

from conftest import Open
from napari_neural_style._qt.style_strip import StyleStrip
from napari_neural_style._qt.widget import NeuralStyleWidget
from napari_neural_style.histories.recent_styles import recent_styles
from napari_neural_style.presets.catalogue import settings
from napari_neural_style.sample_data import PAINTINGS, PAIRS
from pretended import PretendedEngine


@pytest.fixture
def engine() -> PretendedEngine:
    return PretendedEngine()


def _drop(part: Any, mime: QMimeData) -> None:
    part.dropEvent(
        QDropEvent(
            QPointF(5, 5),
            Qt.DropAction.CopyAction,
            mime,
            Qt.MouseButton.LeftButton,
            Qt.KeyboardModifier.NoModifier,
        )
    )


def _files(*paths: Path) -> QMimeData:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    return mime


def _picture(folder: Path, name: str, shade: int) -> Path:
    path = folder / f"{name}.png"
    Image.fromarray(np.full((40, 50, 3), shade, np.uint8)).save(path)
    return path


def _chosen(widget: NeuralStyleWidget) -> tuple[str, str]:
    return widget.content_combo.value.name, widget.style_combo.value.name


def test_an_empty_viewer_says_what_to_do_and_a_click_opens_a_pair(
    open_widget: Open, engine: PretendedEngine
) -> None:
    widget = open_widget(engine=engine)
    welcome = widget.pair.welcome
    assert welcome.isVisibleTo(widget)
    assert set(welcome.buttons) == set(PAIRS)
    assert not widget.form.recipe.isVisibleTo(widget)
    welcome.buttons["town_in_swirling_night"].click()
    assert _chosen(widget) == ("Harbour town", "Swirling night")
    assert not welcome.isVisibleTo(widget)
    assert widget.form.recipe.isVisibleTo(widget)
    widget.viewer.layers.clear()
    assert welcome.isVisibleTo(widget)


def test_files_are_dropped_on_the_tiles(
    open_widget: Open, engine: PretendedEngine, tmp_path: Path
) -> None:
    widget = open_widget(engine=engine)
    mountain, waves, third = (
        _picture(tmp_path, n, 50 * k) for k, n in enumerate(("mountain", "waves", "third"))
    )
    _drop(widget.pair.content_tile, _files(mountain, waves))
    assert _chosen(widget) == ("mountain", "waves")
    _drop(widget.pair.style_tile, _files(third))
    assert _chosen(widget) == ("mountain", "third")
    assert not widget.viewer.layers["third"].visible, "it would lie over the content"
    (tmp_path / "words.txt").write_text("no picture")
    _drop(widget.pair.style_tile, _files(tmp_path / "words.txt"))
    assert "words.txt" in widget.panel.notice.text()
    assert _chosen(widget) == ("mountain", "third")


def test_a_layer_is_dragged_from_the_list_to_a_tile(
    open_widget: Open, photo: np.ndarray, painting: np.ndarray, engine: PretendedEngine
) -> None:
    widget = open_widget(photo, painting, photo, engine=engine)
    mime = QMimeData()
    mime.items = [widget.viewer.layers["sketch"]]  # as napari's own drags have it
    _drop(widget.pair.style_tile, mime)
    assert _chosen(widget) == ("photo", "sketch")


def test_one_picture_alone_is_told_to_want_another(
    open_widget: Open, photo: np.ndarray, engine: PretendedEngine
) -> None:
    widget = open_widget(photo, engine=engine)
    assert "same picture" in widget.pair.hint.text()
    before = len(widget.viewer.layers)
    widget.pair.strip.buttons[0].click()
    assert len(widget.viewer.layers) == before + 1
    assert _chosen(widget) == ("photo", "Swirling night")
    assert not widget.pair.hint.isVisibleTo(widget)
    assert not widget.viewer.layers["Swirling night"].visible
    widget.pair.strip.buttons[1].click()
    widget.pair.strip.buttons[0].click()
    assert len(widget.viewer.layers) == before + 2, "one that is there already is taken"
    assert _chosen(widget) == ("photo", "Swirling night")


def test_the_menu_of_a_tile_offers_the_layers(
    open_widget: Open, photo: np.ndarray, painting: np.ndarray, engine: PretendedEngine
) -> None:
    widget = open_widget(photo, painting, photo, engine=engine)
    tile = widget.pair.style_tile
    tile.menu.aboutToShow.emit()
    offered = [action.text() for action in tile.menu.actions()]
    assert offered == ["photo", "painting", "sketch", "", "Open a file ..."]
    tile.menu.actions()[2].trigger()
    assert _chosen(widget) == ("photo", "sketch")


def test_the_tile_shows_its_layer_as_it_is_now(
    qtbot, open_widget: Open, photo: np.ndarray, painting: np.ndarray, engine: PretendedEngine
) -> None:
    widget = open_widget(photo, painting, engine=engine)
    tile = widget.pair.content_tile

    def shade() -> int:
        image = tile.button.icon().pixmap(40, 40).toImage()
        return image.pixelColor(image.width() // 2, image.height() // 2).red()

    widget.viewer.layers["photo"].data = np.full_like(photo, 200)
    qtbot.waitUntil(lambda: abs(shade() - 200) <= 2, timeout=5000)


def test_a_style_from_a_file_is_at_hand_at_the_next_start(
    qtbot, open_widget: Open, engine: PretendedEngine, tmp_path: Path, quick: dict
) -> None:
    widget = open_widget(engine=engine)
    mountain, waves = _picture(tmp_path, "mountain", 50), _picture(tmp_path, "waves", 150)
    _drop(widget.pair.content_tile, _files(mountain, waves))
    widget.form.settings = settings("balanced", **quick).replace(steps=2, update_every=1)
    run = widget.run()
    qtbot.waitUntil(lambda: run.over, timeout=60_000)
    (recent,) = recent_styles()
    assert (recent.path, recent.name) == (str(waves), "waves")
    assert abs(int(recent.pixels().mean()) - 150) <= 3
    strip = StyleStrip()
    qtbot.addWidget(strip)
    assert len(strip.buttons) == 1 + len(PAINTINGS)
    with qtbot.waitSignal(strip.buttons[0].clicked):
        strip.buttons[0].click()
    waves.unlink()
    assert recent_styles() == []


def test_the_first_picture_says_once_what_to_try_next(
    qtbot,
    open_widget: Open,
    photo: np.ndarray,
    painting: np.ndarray,
    engine: PretendedEngine,
    quick: dict,
) -> None:
    widget = open_widget(photo, painting, engine=engine)
    widget.form.settings = settings("balanced", **quick).replace(steps=2, update_every=1)
    for expected in ("Style strength", ""):
        run = widget.run()
        qtbot.waitUntil(lambda run=run: run.over, timeout=60_000)
        assert expected in widget.panel.notice.text()
        assert widget.panel.notice.isVisibleTo(widget) == bool(expected)


def test_before_and_after(
    qtbot,
    open_widget: Open,
    photo: np.ndarray,
    painting: np.ndarray,
    engine: PretendedEngine,
    quick: dict,
) -> None:
    widget = open_widget(photo, painting, engine=engine)
    assert not widget.panel.before_button.isVisibleTo(widget)
    widget.form.settings = settings("balanced", **quick).replace(steps=2, update_every=1)
    run = widget.run()
    qtbot.waitUntil(lambda: run.over, timeout=60_000)
    widget.panel.before_button.click()
    assert not run.layer.visible
    widget.panel.before_button.click()
    assert run.layer.visible
