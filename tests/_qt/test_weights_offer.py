"""The offer beside the notice that the built-in network paints: get the ImageNet weights."""

from __future__ import annotations

import numpy as np

from conftest import Open
from napari_neural_style._qt.controls import IMAGENET
from napari_neural_style.presets.catalogue import settings
from quick import PATIENCE, QUICK


def test_offer_stands_beside_the_notice_and_asks_for_the_weights(
    open_widget: Open, photo: np.ndarray, painting: np.ndarray, qtbot
) -> None:
    widget = open_widget(photo, painting)
    offer = widget.panel.weights_button
    assert not offer.isVisibleTo(widget)
    widget.form.settings = settings(
        "balanced", **{**QUICK, "features": "vgg19", "steps": 100_000, "update_every": 500}
    )
    widget.panel.run_button.click()
    first = widget.current_run
    qtbot.waitUntil(lambda: first.layer is not None, timeout=int(PATIENCE * 1000))
    assert offer.isVisibleTo(widget)

    offer.click()  # There is no network here, so it must fail, and say how to get them by hand.
    qtbot.waitUntil(
        lambda: widget.current_run is not first and widget.current_run.over,
        timeout=int(PATIENCE * 1000),
    )
    assert first.state == "cancelled"
    assert first.layer in widget._viewer.layers
    assert widget.form.features.value == IMAGENET
    assert widget.current_run.state == "failed"
    assert "vgg19_weights" in widget.panel.notice.text()
    assert not offer.isVisibleTo(widget)


def test_no_offer_where_the_built_in_network_was_chosen(
    open_widget: Open, photo: np.ndarray, painting: np.ndarray
) -> None:
    widget = open_widget(photo, painting)
    widget.form.settings = settings("balanced", **QUICK)
    widget.panel.run_button.click()
    widget.current_run.wait(PATIENCE)
    assert not widget.panel.weights_button.isVisibleTo(widget)
