"""From a request for layers of a viewer to tasks: taken as they are now. Qt-free."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from numbers import Real
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from napari_neural_style.errors import ImageError, NothingToPaint
from napari_neural_style.pictures.images import FloatImage, fit, resize, with_alpha
from napari_neural_style.pictures.transparency import without_hidden
from napari_neural_style.settings import Settings
from napari_neural_style.tasks.array_tasks import Task, make_task
from napari_neural_style.tasks.request import Request, is_layer
from napari_neural_style.viewing.layers import (
    checked_window,
    find_layer,
    find_region,
    read_layer,
    region_window,
)
from napari_neural_style.viewing.mask_layers import (
    check_labels,
    find_mask,
    frozen,
    labels_of,
    labels_on,
)
from napari_neural_style.viewing.placement import Placement
from napari_neural_style.viewing.planes import Sliders
from napari_neural_style.viewing.sources import Source, Window
from napari_neural_style.viewing.views import View, brought_over, source_of

if TYPE_CHECKING:
    from napari.components import ViewerModel
    from napari.layers import Image

__all__ = ["LayerStyles", "LayerTasks", "placed", "sized"]

#: A layer or its name, several with or without weights, or one or several for each label.
LayerStyles = Any


@dataclass(frozen=True)
class LayerTasks:
    """A request for layers of a viewer, read; whatever happens there later changes nothing of it.

    Parameters
    ----------
    request : Request
        What was asked, with the content's layer still to be read, slice by slice.
    source : Source or View
        The content.
    sliders : Sliders
        They say which slice of it is shown.
    window : Window or None
        The part of it that is wanted.
    name : str
        The name for the result.
    inputs : dict
        What goes in, for the record: as `Request.to_record` has it, with the names that the layers
        have now; ``"layers"`` of a view; ``"window"``, the pixels that the region stands for; and
        the viewer's ``"sliders"`` if it shows a slice.
    read : dict
        What was read already.
    """

    request: Request
    source: Source | View
    sliders: Sliders
    window: Window | None
    name: str
    inputs: dict[str, Any]
    read: dict[Any, Any] = field(repr=False)

    @classmethod
    def of(
        cls, viewer: ViewerModel, request: Request, read: dict[Any, Any] | None = None
    ) -> LayerTasks:
        """Take from a viewer what a request names.

        Parameters
        ----------
        viewer : napari.Viewer or napari.components.ViewerModel
        request : Request
        read : dict, optional
            Keeps what was read, for other requests that are read at once with the same content.

        Raises
        ------
        ImageError
            If there is no such layer, or it cannot be painted as it is.
        """
        read = {} if read is None else read
        settings, sliders = request.settings, Sliders.of(viewer)
        styles = _Styles(viewer, round(settings.size * max(1.0, settings.style_scale)), read)
        images = styles.read(request.styles)
        source = source_of(viewer, request.content, styles.layers)
        window = _window(viewer, request.region, source, sliders)
        inputs: dict[str, Any] = request.to_record()["inputs"]
        name = request.name or f"{inputs['content']} in the style of {inputs['style']}"
        if isinstance(source, View):
            inputs["layers"] = list(source.names)
        if not sliders.plain:
            inputs["sliders"] = sliders.to_record()
        if window is not None:
            inputs["window"] = [list(ends) for ends in window]
        init = request.init
        if is_layer(init) or isinstance(init, str):
            init = Source.of(find_layer(viewer, init, "initial"), "initial")
        mask = request.content_mask
        if is_layer(mask) or isinstance(mask, str):
            mask = find_mask(viewer, mask)
            if request.slices == "all":
                if isinstance(images, Mapping):
                    check_labels(images, labels_of(mask, sliders))
                # One slice is read before the user can paint on; a stack, while they may.
                mask = frozen(mask)
        style_mask = request.style_mask
        if is_layer(style_mask) or isinstance(style_mask, str):
            found = find_mask(viewer, style_mask, "style mask")
            style_mask = labels_on(found, styles.placement, sliders, "style mask")
        taken = request.replace(
            styles=images, init=init, content_mask=mask, style_mask=style_mask, region=None
        )
        return cls(taken, source, sliders, window, name, inputs, read)

    def make(self, rgb: FloatImage, placement: Placement, sliders: Sliders) -> Task:
        """Return the task of a slice.

        Parameters
        ----------
        rgb : ndarray of float32, shape (H, W, 3)
            What the slice shows; what is hidden under transparent pixels counts nowhere.
        placement : Placement
            Where that lies.
        sliders : Sliders
            As they stand where it shows.
        """
        request, rgb = self.request, without_hidden(rgb, placement.alpha)
        mask, styles, start = request.content_mask, request.styles, request.init
        if is_layer(mask):
            mask = labels_on(mask, placement, sliders)
            if request.slices == "all" and isinstance(styles, Mapping):
                # A slice does without the labels that the mask has elsewhere.
                styles = {label: style for label, style in styles.items() if (mask == label).any()}
                if not styles:
                    raise NothingToPaint("No label with a style lies in this slice.")
        elif mask is not None:
            mask = _part_of(np.asarray(mask), self.source, sliders, self.window, placement.shape)
        if isinstance(start, Source):
            start = _lying_over(start, rgb, placement, sliders, request.settings.size)
        visible = None if placement.alpha is None else placement.alpha > 0
        request = request.replace(content=rgb, styles=styles, content_mask=mask, init=start)
        return make_task(request, visible)

    def current(self) -> tuple[Task, Placement]:
        """Return the task of the slice that is shown, and where its result belongs."""
        # What is seen of all layers depends on which of them are styles.
        size = self.request.settings.size
        key = tuple(self.inputs.get("layers", ())), size, self.window
        if key not in self.read:
            self.read[key] = self.source.read_at(self.sliders, size, self.window)
        rgb, placement = self.read[key]
        task = self.make(rgb, placement, self.sliders)
        return task, placed(task, placement)


def placed(task: Task, placement: Placement) -> Placement:
    """Return where the result of a task belongs, given where its content lies."""
    return replace(sized(task.job.settings, placement), finish=task.finish)


def sized(settings: Settings, placement: Placement) -> Placement:
    """Return the placement with as many pixels as a result shall have."""
    if settings.result_size == "content":
        return placement
    longest = min(settings.size, max(placement.shape))
    return placement.resized(fit(placement.shape, longest))


class _Styles:
    """Reads styles, each wherever it stands: alone, in a list, in a pair, in a mapping."""

    def __init__(self, viewer: ViewerModel, size: int, read: dict[Any, Any]) -> None:
        self._viewer = viewer
        self._size = size
        self._read = read
        self._placements: list[Placement] = []
        self._images: list[FloatImage] = []
        self.layers: list[Image] = []

    def read(self, styles: Any) -> Any:
        if isinstance(styles, Mapping):
            return {label: self.read(several) for label, several in styles.items()}
        if isinstance(styles, list | tuple):
            if len(styles) == 2 and isinstance(styles[1], Real):
                return self.read(styles[0]), styles[1]
            return [self.read(style) for style in styles]
        if styles is None:
            return None
        if not is_layer(styles) and not isinstance(styles, str):
            return styles
        layer = find_layer(self._viewer, styles, "style")
        for known, image in zip(self.layers, self._images, strict=True):
            if known is layer:  # The very same image again: labels that share it are one region.
                return image
        key = layer, self._size if layer.multiscale else None
        if key not in self._read:
            self._read[key] = read_layer(self._viewer, layer, "style", size=self._size)
        image, placement = self._read[key]
        if placement.alpha is not None and (placement.alpha < 255).any():
            image = with_alpha(image, placement.alpha)
        self._images.append(image)
        self.layers.append(layer)
        self._placements.append(placement)
        return image

    @property
    def placement(self) -> Placement:
        """Where the one style lies."""
        if len(self._placements) != 1:
            raise ImageError("A style mask layer goes with one style layer: give one style.")
        return self._placements[0]


def _window(
    viewer: ViewerModel, region: Any, source: Source | View, sliders: Sliders
) -> Window | None:
    """Return the pixels of the content that a region stands for."""
    if region is None:
        return None
    if isinstance(region, tuple):
        return checked_window(region, source.grid, sliders)
    return region_window(source.grid, sliders, find_region(viewer, region))


def _lying_over(
    init: Source, content: FloatImage, placement: Placement, sliders: Sliders, size: int
) -> FloatImage:
    """Return the image to start from: what of it lies over the content, if all of that is covered.

    A result may be started from again, for a part of it or for every slice; an image that lies
    elsewhere is stretched. Where it is transparent, the content shows through.
    """
    pixels, its_place = init.look(init.plane(sliders), size)
    rgba = with_alpha(pixels, its_place.alpha)
    lying, there = brought_over(rgba, its_place, placement)
    if not there.all():
        lying = resize(rgba, content.shape[:2])
    share = lying[..., 3:]
    return np.asarray(share * lying[..., :3] + (1 - share) * content, np.float32)


def _part_of(
    mask: NDArray[Any],
    source: Source | View,
    sliders: Sliders,
    window: Window | None,
    shape: tuple[int, int],
) -> NDArray[Any]:
    """Return the pixels of a mask, given for the whole content, that belong to what was read."""
    whole = source.grid.whole(source.grid.plane(sliders))
    if mask.shape != (whole[0][1], whole[1][1]):
        return mask  # Nothing fits but the very shape that was read: whoever uses it will check.
    rows, columns = (
        start + ((np.arange(length) + 0.5) * (stop - start) / length).astype(int)
        for (start, stop), length in zip(window or whole, shape, strict=True)
    )
    return np.asarray(mask[np.ix_(rows, columns)])
