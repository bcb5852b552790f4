"""What is asked for in a viewer: layers, masks and styles, taken as they are now. Qt-free."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from numbers import Real
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from napari_neural_style.errors import ImageError, NothingToPaint
from napari_neural_style.pictures.images import FloatImage, fit, resize, with_alpha
from napari_neural_style.presets import catalogue as presets
from napari_neural_style.settings import Settings, describe
from napari_neural_style.tasks.array_tasks import Task, check_start, make_task
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
    from napari.layers import Image, Layer, Shapes

__all__ = ["LayerStyles", "LayerTasks", "placed", "sized"]

#: A layer or its name, several with or without weights, or one or several for each label.
LayerStyles = Any


@dataclass(frozen=True)
class LayerTasks:
    """What was asked for in a viewer; whatever happens there later changes nothing of it.

    Parameters
    ----------
    source : Source or View
        The content.
    sliders : Sliders
        They say which slice of it is shown.
    window : Window or None
        The part of it that is wanted.
    settings : Settings
    name : str
        The name for the result.
    inputs : dict
        What goes in, for the record: the names of the layers ``"content"``, ``"style"``,
        ``"content_mask"``, ``"style_mask"``, ``"region"`` and ``"init"``, as far as there are any,
        None for an array; ``"styles"`` as they were given, if they are more than one layer;
        ``"layers"`` of a view; ``"window"``, the pixels that the region stands for; and the
        viewer's ``"sliders"`` if it shows a slice.
    make : callable
        From the content, its placement and the sliders where it shows to the task.
    read : dict
        What was read already.
    """

    source: Source | View
    sliders: Sliders
    window: Window | None
    settings: Settings
    name: str
    inputs: dict[str, Any]
    make: Callable[[FloatImage, Placement, Sliders], Task]
    read: dict[Any, Any] = field(repr=False)

    @classmethod
    def of(
        cls,
        viewer: ViewerModel,
        content: Image | str,
        styles: LayerStyles,
        *,
        content_mask: Layer | str | ArrayLike | None = None,
        style_mask: Layer | str | ArrayLike | None = None,
        region: Shapes | str | Window | None = None,
        preset: str = "balanced",
        init: Any = None,
        all_slices: bool = False,
        read: dict[Any, Any] | None = None,
        **settings: Any,
    ) -> LayerTasks:
        """Take from a viewer what the arguments of `stylize_layers` name.

        With ``all_slices`` a slice does without the labels that the mask has elsewhere. ``read``
        keeps what was read, for others that are made at once with the same content.

        Raises
        ------
        ImageError, SettingsError
            If there is no such layer, or it cannot be painted as it is.
        """
        wanted = presets.settings(preset, **settings)
        sliders = Sliders.of(viewer)
        read = {} if read is None else read
        gathered = _Styles(viewer, round(wanted.size * max(1.0, wanted.style_scale)), read)
        images = gathered.read(styles)
        source = source_of(viewer, content, gathered.layers)
        inputs: dict[str, Any] = {"content": content if isinstance(content, str) else content.name}
        if isinstance(source, View):
            inputs["layers"] = list(source.names)
        inputs["style"] = ", ".join(dict.fromkeys(gathered.names))
        if (given := gathered.given(styles)) != inputs["style"]:
            inputs["styles"] = given
        if not sliders.plain:
            inputs["sliders"] = sliders.to_record()
        window = None
        if isinstance(region, tuple):
            window = checked_window(region, source.grid, sliders)
        elif region is not None:
            shapes = find_region(viewer, region)
            window = region_window(source.grid, sliders, shapes)
            inputs["region"] = shapes.name
        if window is not None:
            inputs["window"] = [list(ends) for ends in window]
        if _is_layer(init) or (isinstance(init, str) and init not in describe("init")["choices"]):
            layer = find_layer(viewer, init, "initial")
            inputs["init"] = layer.name
            init = Source.of(layer, "initial")
        elif init is not None and not isinstance(init, str):
            inputs["init"] = None
        if init is not None:
            wanted = wanted.replace(init=init if isinstance(init, str) else "image")
        check_start(wanted, init)
        mask = content_mask
        for what, array in (("content_mask", content_mask), ("style_mask", style_mask)):
            if array is not None:
                inputs[what] = None  # unless it turns out to be a layer
        if content_mask is not None and (_is_layer(content_mask) or isinstance(content_mask, str)):
            found = find_mask(viewer, content_mask)
            # One slice is read before the user can paint on; a stack, while they may.
            mask = frozen(found) if all_slices else found
            inputs["content_mask"] = found.name
            if all_slices and isinstance(images, Mapping):
                check_labels(images, labels_of(found, sliders))
        if style_mask is not None and (_is_layer(style_mask) or isinstance(style_mask, str)):
            found = find_mask(viewer, style_mask, "style mask")
            style_mask = labels_on(found, gathered.placement, sliders, "style mask")
            inputs["style_mask"] = found.name

        def make(rgb: FloatImage, placement: Placement, sliders: Sliders) -> Task:
            painted, chosen, start = mask, images, init
            if _is_layer(mask):
                painted = labels_on(mask, placement, sliders)
                if all_slices and isinstance(images, Mapping):
                    chosen = {k: style for k, style in images.items() if (painted == k).any()}
                    if not chosen:
                        raise NothingToPaint("No label with a style lies in this slice.")
            elif mask is not None:
                painted = _part_of(np.asarray(mask), source, sliders, window, placement.shape)
            if isinstance(init, Source):
                start = _lying_over(init, rgb, placement, sliders, wanted.size)
            return make_task(
                rgb,
                chosen,
                content_mask=painted,
                style_mask=style_mask,
                preset=preset,
                init=start,
                **settings,
            )

        name = f"{inputs['content']} in the style of {inputs['style']}"
        return cls(source, sliders, window, wanted, name, inputs, make, read)

    def current(self) -> tuple[Task, Placement]:
        """Return the task of the slice that is shown, and where its result belongs."""
        # What is seen of all layers depends on which of them are styles.
        key = tuple(self.inputs.get("layers", ())), self.settings.size, self.window
        if key not in self.read:
            self.read[key] = self.source.read_at(self.sliders, self.settings.size, self.window)
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
        self.names: list[str] = []
        self.layers: list[Image] = []

    def given(self, styles: Any) -> Any:
        """Return the names of the styles, in the structure they were given; None for an array."""
        if isinstance(styles, Mapping):
            return {str(label): self.given(several) for label, several in styles.items()}
        if isinstance(styles, list | tuple):
            return [float(s) if isinstance(s, Real) else self.given(s) for s in styles]
        if isinstance(styles, str):
            return styles
        return styles.name if _is_layer(styles) else None

    def read(self, styles: Any) -> Any:
        if isinstance(styles, Mapping):
            return {label: self.read(several) for label, several in styles.items()}
        if isinstance(styles, list | tuple):
            if len(styles) == 2 and isinstance(styles[1], Real):
                return self.read(styles[0]), styles[1]
            return [self.read(style) for style in styles]
        if styles is None:
            return None
        if not _is_layer(styles) and not isinstance(styles, str):
            self.names.append("an array")
            return styles
        layer = find_layer(self._viewer, styles, "style")
        for known, image in zip(self.layers, self._images, strict=True):
            if known is layer:  # The very same image again: labels that share it are one region.
                return image
        key = layer, self._size if layer.multiscale else None
        if key not in self._read:
            self._read[key] = read_layer(self._viewer, layer, "style", size=self._size)
        image, placement = self._read[key]
        self._images.append(image)
        self.names.append(layer.name)
        self.layers.append(layer)
        self._placements.append(placement)
        return image

    @property
    def placement(self) -> Placement:
        """Where the one style lies."""
        if len(self._placements) != 1:
            raise ImageError("A style mask layer goes with one style layer: give one style.")
        return self._placements[0]


def _is_layer(value: object) -> bool:
    from napari.layers import Layer as AnyLayer

    return isinstance(value, AnyLayer)


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
