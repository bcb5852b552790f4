"""Makes tasks from a request for layers of a viewer, as they are now. Qt-free."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from numbers import Real
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from napari_neural_style.errors import ImageError, NothingToPaint
from napari_neural_style.pictures.images import FloatImage, fit, resize, with_alpha
from napari_neural_style.pictures.loading import loaded
from napari_neural_style.pictures.sharing import shared
from napari_neural_style.pictures.transparency import without_hidden
from napari_neural_style.settings import Settings
from napari_neural_style.tasks.array_tasks import Task, make_task
from napari_neural_style.tasks.request import Request, is_layer, name_of
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
from napari_neural_style.viewing.stack_slices import StackSlices
from napari_neural_style.viewing.views import View, brought_over, source_of

if TYPE_CHECKING:
    from napari.components import ViewerModel
    from napari.layers import Image

__all__ = ["LayerStyles", "LayerTasks", "placed", "sized"]

#: A layer or its name, several with or without weights, or those for each label.
LayerStyles = Any


@dataclass(frozen=True)
class LayerTasks:
    """A request with its layers read, so that later edits in the viewer change nothing.

    Parameters
    ----------
    request : Request
        The request as it was made.
    taken : Request
        The same with all layers read but the content, which is read slice by slice.
    source : Source or View
        The content.
    sliders : Sliders
        The slice of the content that is shown.
    window : Window or None
        The part of the content to paint.
    name : str
        The name of the result.
    inputs : dict
        For the record: the inputs as in `Request.to_record`, the names of ``"layers"`` of a view,
        the ``"window"`` in pixels, and the ``"sliders"`` if a slice is shown.
    read : dict
        Cache of what was read, by layer and size.
    """

    request: Request
    taken: Request
    source: Source | View
    sliders: Sliders
    window: Window | None
    name: str
    inputs: dict[str, Any]
    read: dict[Any, Any] = field(repr=False)

    @classmethod
    def of(
        cls,
        viewer: ViewerModel,
        request: Request,
        read: dict[Any, Any] | None = None,
        sliders: Sliders | None = None,
    ) -> LayerTasks:
        """Read the layers that a request names.

        Several requests for the same content may share a cache of what was `read`; `sliders` are
        by default those of the viewer.

        Raises
        ------
        ImageError
            If there is no such layer, or it cannot be painted as it is.
        """
        read = {} if read is None else read
        settings, sliders = request.settings, sliders or Sliders.of(viewer)
        styles = _Styles(
            viewer, sliders, round(settings.size * max(1.0, settings.style_scale)), read
        )
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
                # The user may edit the mask while the stack is read slice by slice.
                mask = frozen(mask)
        style_mask = request.style_mask
        if is_layer(style_mask) or isinstance(style_mask, str):
            found = find_mask(viewer, style_mask, "style mask")
            style_mask = labels_on(found, styles.placement, sliders, "style mask")
        taken = request.replace(
            styles=images, init=init, content_mask=mask, style_mask=style_mask, region=None
        )
        return cls(request.with_layers(name_of), taken, source, sliders, window, name, inputs, read)

    def make(self, rgb: FloatImage, placement: Placement, sliders: Sliders) -> Task:
        """Return the task of a slice, given what it shows, its placement and its sliders.

        What is hidden under transparent pixels counts nowhere.
        """
        request, rgb = self.taken, without_hidden(rgb, placement.alpha)
        mask, styles, start = request.content_mask, request.styles, request.init
        if is_layer(mask):
            mask = labels_on(mask, placement, sliders)
            if request.slices == "all" and isinstance(styles, Mapping):
                # Only the labels that occur in this slice.
                styles = {label: style for label, style in styles.items() if (mask == label).any()}
                if not styles:
                    raise NothingToPaint("No label with a style lies in this slice.")
        elif mask is not None:
            pixels = loaded(mask, "content mask")
            mask = _part_of(pixels, self.source, sliders, self.window, placement.shape)
        if isinstance(start, Source):
            start = _lying_over(start, rgb, placement, sliders, request.settings.size)
        visible = None if placement.alpha is None else placement.alpha > 0
        request = request.replace(content=rgb, styles=styles, content_mask=mask, init=start)
        return make_task(request, visible)

    def slices(self) -> StackSlices:
        """Return all slices of the content.

        Raises
        ------
        ImageError
            If there are none.
        """
        return StackSlices(self.source, self.sliders, self.request.settings.size, self.window)

    def current(self) -> tuple[Task, Placement]:
        """Return the task of the slice that is shown, and the placement of its result."""
        # A view without its style layers is another picture: the key holds its layers.
        size = self.request.settings.size
        key = tuple(self.inputs.get("layers", ())), size, self.window
        if key not in self.read:
            rgb, placement = self.source.read_at(self.sliders, size, self.window)
            self.read[key] = shared(rgb), placement
        rgb, placement = self.read[key]
        if self.request.enlarge and max(placement.shape) < size:
            placement = placement.resized(fit(placement.shape, size))
            rgb = resize(rgb, placement.shape)
        task = self.make(rgb, placement, self.sliders)
        return task, placed(task, placement)


def placed(task: Task, placement: Placement) -> Placement:
    """Return the placement of a task's result, given that of its content."""
    return replace(sized(task.job.settings, placement), finish=task.finish)


def sized(settings: Settings, placement: Placement) -> Placement:
    """Return the placement with the size that the settings give a result."""
    if settings.result_size == "content":
        return placement
    longest = min(settings.size, max(placement.shape))
    return placement.resized(fit(placement.shape, longest))


class _Styles:
    """Reads styles in any form: alone, in a list, with a weight, or by label."""

    def __init__(
        self, viewer: ViewerModel, sliders: Sliders, size: int, read: dict[Any, Any]
    ) -> None:
        self._viewer, self._sliders, self._size, self._read = viewer, sliders, size, read
        #: What was read of each layer; the same array each time, so that labels can share a region.
        self.layers: dict[Image, tuple[FloatImage, Placement]] = {}

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
        key = layer, self._size if layer.multiscale else None
        if key not in self._read:
            self._read[key] = read_layer(
                self._viewer, layer, "style", size=self._size, sliders=self._sliders
            )
        image, placement = self._read[key]
        image = placement.as_style(image)
        self.layers[layer] = image, placement
        return image

    @property
    def placement(self) -> Placement:
        """The placement of the only style."""
        if len(self.layers) != 1:
            raise ImageError("A style mask layer goes with one style layer: give one style.")
        return next(iter(self.layers.values()))[1]


def _window(
    viewer: ViewerModel, region: Any, source: Source | View, sliders: Sliders
) -> Window | None:
    """Return the window of a region, in pixels of the content."""
    if region is None:
        return None
    if isinstance(region, tuple):
        return checked_window(region, source.grid, sliders)
    return region_window(source.grid, sliders, find_region(viewer, region))


def _lying_over(
    init: Source, content: FloatImage, placement: Placement, sliders: Sliders, size: int
) -> FloatImage:
    """Return the initial image on the content's pixels.

    An image that covers the content, such as an earlier result, is used where it lies; any other is
    stretched over it. Where the image is transparent, the content shows through.
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
    """Return the part of a mask for the whole content that belongs to the window that was read."""
    whole = source.grid.whole(source.grid.plane(sliders))
    if mask.shape != (whole[0][1], whole[1][1]):
        return mask  # It is for the window itself; its shape is checked where it is used.
    rows, columns = (
        start + ((np.arange(length) + 0.5) * (stop - start) / length).astype(int)
        for (start, stop), length in zip(window or whole, shape, strict=True)
    )
    return np.asarray(mask[np.ix_(rows, columns)])
