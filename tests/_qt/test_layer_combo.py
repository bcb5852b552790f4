"""A combo goes by the layers themselves, whatever they are called."""

from __future__ import annotations

import numpy as np
import pytest
from napari.components import ViewerModel

from napari_neural_style._qt.layer_combo import LayerCombo


@pytest.fixture
def viewer() -> ViewerModel:
    viewer = ViewerModel()
    for name in ("a", "b", "c"):
        viewer.add_image(np.zeros((2, 2)), name=name)
    return viewer


def _shown(combo: LayerCombo) -> list[str]:
    return [combo.native.itemText(k) for k in range(combo.native.count())]


def test_a_layer_of_the_same_name_as_an_entry_is_another_choice(qapp, viewer: ViewerModel) -> None:
    viewer.layers["b"].name = "none"
    combo = LayerCombo(lambda: list(viewer.layers), "which one", first=[("none", None)])
    assert _shown(combo) == ["none", "a", "none", "c"]
    assert combo.value is None
    combo.native.setCurrentIndex(2)
    assert combo.value is viewer.layers["none"]
    combo.reset_choices()
    assert combo.native.currentIndex() == 2


def test_a_choice_survives_new_names_and_a_new_order_and_is_told_once(
    qapp, viewer: ViewerModel
) -> None:
    combo = LayerCombo(lambda: list(viewer.layers), "which one", last=[("all", "view")])
    told: list[object] = []
    combo.changed.connect(told.append)
    chosen = combo.value = viewer.layers["b"]
    chosen.name = "z"
    viewer.layers.move(0, 3)
    combo.reset_choices()
    assert _shown(combo) == ["z", "c", "a", "all"]
    assert combo.value is chosen
    assert told == [chosen]
    viewer.layers.remove(chosen)
    combo.reset_choices()
    assert told == [chosen, viewer.layers["c"]]
    viewer.layers.clear()
    combo.reset_choices()
    assert _shown(combo) == []
    assert combo.value is None


def test_what_is_not_offered_cannot_be_chosen(qapp, viewer: ViewerModel) -> None:
    combo = LayerCombo(lambda: list(viewer.layers), "which one")
    with pytest.raises(ValueError, match="not among"):
        combo.value = "view"
