"""Whatever a layer or a preset is called, it stands there letter by letter."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from napari.components import ViewerModel
from qtpy.QtCore import Qt
from qtpy.QtGui import QTextDocument
from qtpy.QtWidgets import QLabel

from napari_neural_style._qt.label_styles import LabelStyles
from napari_neural_style._qt.panel import RunPanel
from napari_neural_style._qt.parts import Banner
from napari_neural_style._qt.plain_text import PlainLabel, as_it_stands
from napari_neural_style._qt.recovery import RecoveryOffer
from napari_neural_style.running.queue import RunQueue

NAMES = (
    "<b>bold</b>",
    "<cells>",
    "<img src='file://host/share/a.png'>",
    "a & b",
    "&lt;",
    "two\n<i>lines</i>",
    "<script>x</script>",
    "plain",
)


@pytest.mark.parametrize("name", NAMES)
def test_what_looks_like_html_is_shown_as_it_stands(qtbot: Any, name: str) -> None:
    shown = as_it_stands(name)
    if Qt.mightBeRichText(shown):
        document = QTextDocument()
        document.setHtml(shown)
        assert document.toPlainText() == name
    else:
        assert shown == name


def test_labels_with_names_in_them_take_plain_text(qtbot: Any) -> None:
    viewer = ViewerModel()
    widgets = [RunPanel(RunQueue()), LabelStyles(viewer, list), RecoveryOffer(viewer)]
    labels: list[QLabel] = [Banner(), PlainLabel(NAMES[0]), widgets[0].notice]  # type: ignore[attr-defined]
    labels += [widgets[0].status, widgets[1]._hint, widgets[2].banner]  # type: ignore[attr-defined]
    for widget in (*widgets, *labels):
        qtbot.addWidget(widget)
    for label in labels:
        assert label.textFormat() == Qt.TextFormat.PlainText
    assert labels[1].text() == NAMES[0]


def test_a_mask_that_cannot_be_read_is_told_in_the_table(qtbot: Any) -> None:
    class Gone:
        shape, ndim, dtype, bad = (8, 8), 2, np.dtype(np.uint8), False

        def __getitem__(self, key: Any) -> Any:
            if self.bad:
                raise OSError("network drive is gone")
            return np.ones(self.shape, np.uint8)[key]

        def __array__(self, *_: Any, **__: Any) -> Any:
            return self[:]

    viewer, data = ViewerModel(), Gone()
    mask = viewer.add_labels(data, name="<mask>", multiscale=False)
    table = LabelStyles(viewer, list)
    qtbot.addWidget(table)
    table.follow(mask)
    assert table.labels == [1]
    data.bad = True
    table.update_rows()
    assert table.labels == []
    assert "'<mask>' cannot be read (OSError: network drive is gone)" in table._hint.text()
