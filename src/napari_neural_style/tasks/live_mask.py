"""The mask of a run that is painted on while the run is at work. Qt-free."""

from __future__ import annotations

import weakref
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_neural_style.errors import ImageError
from napari_neural_style.tasks.array_tasks import Task, with_mask
from napari_neural_style.tasks.layer_tasks import LayerTasks
from napari_neural_style.tasks.request import is_layer
from napari_neural_style.tasks.style_regions import label_groups
from napari_neural_style.viewing.layers import bare
from napari_neural_style.viewing.mask_layers import labels_on
from napari_neural_style.viewing.placement import Placement

if TYPE_CHECKING:
    from napari.layers import Layer

__all__ = ["LiveMask"]


class LiveMask:
    """Reads a mask layer anew, as it was read for a run; it does not hold the layer.

    Parameters
    ----------
    tasks : LayerTasks
        What was asked, read.
    placement : Placement
        Of the content.
    """

    def __init__(self, tasks: LayerTasks, placement: Placement) -> None:
        mask = tasks.taken.content_mask
        self._mask = weakref.ref(bare(mask)) if is_layer(mask) else None
        self._groups = label_groups(tasks.taken.styles)
        self._by_parts = tasks.taken.style_mask is not None
        # What is needed of it to read a mask; not the content's pixels.
        self._placement = replace(placement, alpha=None, finish=None)
        self._sliders = tasks.sliders

    @property
    def layer(self) -> Layer | None:
        """The mask; None if there is none, or no more."""
        return None if self._mask is None else self._mask()

    def taken_by(self, task: Task) -> Task | None:
        """Return a task with the mask as it is now; None if it is as before.

        Raises
        ------
        ImageError
            If there is no such mask, it is empty, or the task can take no other.
        """
        if (layer := self.layer) is None:
            raise ImageError("The run has no mask layer that could be painted on.")
        if self._by_parts or not task.job.guided:
            raise ImageError(
                "This run cannot take another mask on its way: its mask covers everything, or goes "
                "by the parts of a style. What is painted now is for the next run."
            )
        mask: Any = labels_on(layer, self._placement, self._sliders)
        new = with_mask(task, mask, self._groups)
        same = all(
            np.array_equal(before.guide, after.guide)  # type: ignore[arg-type]
            for before, after in zip(task.job.regions, new.job.regions, strict=True)
        )
        return None if same else new
