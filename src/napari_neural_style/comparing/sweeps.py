"""Sweeps over the values of one or two settings, for arrays or in a viewer. Qt-free."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from napari_neural_style.api import paint
from napari_neural_style.comparing.layer_sweep import LayerSweep
from napari_neural_style.comparing.sweep_plan import STYLE, Plan
from napari_neural_style.errors import NeuralStyleError
from napari_neural_style.job import Engine
from napari_neural_style.pictures.contact_sheet import contact_sheet
from napari_neural_style.pictures.images import to_rgb
from napari_neural_style.progress import Progress, Update
from napari_neural_style.running.pacing import StackClock
from napari_neural_style.settings import check_setting_names
from napari_neural_style.tasks.layer_tasks import LayerStyles
from napari_neural_style.tasks.request import Request
from napari_neural_style.tasks.style_regions import Styles

if TYPE_CHECKING:
    from napari.components import ViewerModel
    from napari.layers import Image

__all__ = ["Sweep", "sweep", "sweep_layers"]


@dataclass(frozen=True)
class Sweep:
    """The pictures of a sweep, row by row.

    Parameters
    ----------
    images : list of ndarray or None
        As `stylize` returns them; None for those that failed.
    labels : list of str
        The values of each picture, such as "style strength 0.2, seed 1".
    combinations : list of dict
        The same values by name.
    errors : list of NeuralStyleError or None
        Why a picture failed; None for those that did not.
    shape : (int, int)
        Rows and columns of the grid.
    """

    images: list[NDArray[Any] | None] = field(repr=False)
    labels: list[str]
    combinations: list[dict[str, Any]] = field(repr=False)
    errors: list[NeuralStyleError | None] = field(repr=False)
    shape: tuple[int, int]

    def sheet(self, cell: int = 256) -> NDArray[np.uint8]:
        """Return all pictures in a labelled grid, as one image.

        Parameters
        ----------
        cell : int
            Longest side of each picture, in pixels.

        Returns
        -------
        ndarray of uint8, shape (H, W, 3)
        """
        captions = [
            f"{label}\n{error}" if error else label
            for label, error in zip(self.labels, self.errors, strict=True)
        ]
        cells = list(zip(self.images, captions, strict=True))
        return contact_sheet(cells, columns=self.shape[1], cell=cell)


def sweep(
    content: ArrayLike,
    style: Styles | None = None,
    *,
    vary: Mapping[str, Iterable[Any]],
    preset: str = "balanced",
    callback: Callable[[Update], object] | None = None,
    engine: Engine | None = None,
    **settings: Any,
) -> Sweep:
    """Paint the content once for each value of one or two settings.

    Waits until all are done. If one fails, its error is kept and the others go on.

    Parameters
    ----------
    content : array_like
        As for `stylize`.
    style : array_like, list or dict, optional
        As for `stylize`; none if the style is varied.
    vary : dict of str to list
        One or two names of settings with the values to try. ``"style"`` takes a list of images,
        or a dict from names to images.
    preset : str
    callback : callable, optional
        Called with each `Progress`, counted over the whole sweep, and each `Notice`.
    engine : Engine, optional
        By default the shared engine process.
    **settings
        The other settings and arguments of `stylize`, the same for all.

    Returns
    -------
    Sweep

    Raises
    ------
    ImageError, SettingsError
        If an image or a value is not allowed; raised before the first picture is painted.

    Examples
    --------
    >>> import skimage.data
    >>> photo, painting = skimage.data.chelsea(), skimage.data.coffee()
    >>> vary = {"style_strength": [0.2, 0.8]}
    >>> swept = sweep(photo, painting, vary=vary, preset="preview", steps=3, size=64)
    >>> swept.labels, swept.sheet(cell=64).dtype
    (['style strength 0.2', 'style strength 0.8'], dtype('uint8'))
    """
    plan = Plan.of(vary, Request.of_arrays(content, style, preset=preset, **settings), settings)
    to_rgb(content, "content")
    for picture in plan.vary.get(STYLE, ()):
        if isinstance(picture, np.ndarray):
            to_rgb(picture, "style")
    images: list[NDArray[Any] | None] = []
    errors: list[NeuralStyleError | None] = []
    clock = StackClock([request.settings.steps for request in plan.requests])

    def tell(update: Update) -> None:
        if callback:
            callback(clock.over_all(update) if isinstance(update, Progress) else update)

    for request in plan.requests:
        try:
            images.append(paint(request, tell, engine))
            errors.append(None)
        except NeuralStyleError as error:
            images.append(None)
            errors.append(error)
        clock.next_slice()
    return Sweep(images, plan.labels, plan.combinations, errors, plan.shape)


def sweep_layers(
    viewer: ViewerModel,
    content: Image | str,
    style: LayerStyles = None,
    *,
    vary: Mapping[str, Iterable[Any]],
    preset: str = "balanced",
    compare: bool = True,
    engine: Engine | None = None,
    **settings: Any,
) -> LayerSweep:
    """Paint a layer once for each value of one or two settings, into layers named by the values.

    Returns at once; the runs follow one another.

    Parameters
    ----------
    viewer : napari.Viewer or napari.components.ViewerModel
    content : napari.layers.Image or str
        As for `stylize_layers`.
    style : napari.layers.Image, str, list or dict, optional
        As for `stylize_layers`; none if the style is varied.
    vary : dict of str to list
        One or two names of settings with the values to try. ``"style"`` takes a list of layers or
        their names.
    preset : str
    compare : bool
        Whether to show the results in a grid when all runs are done.
    engine : Engine, optional
        By default the shared engine process.
    **settings
        The other settings, masks and regions, as for `stylize_layers`.

    Returns
    -------
    LayerSweep
        With `runs`, `cancel`, `wait`, `done` and `total`.

    Raises
    ------
    ImageError, SettingsError
        If a layer or a value is not allowed; raised before the first run starts.

    Examples
    --------
    >>> import skimage.data
    >>> from napari.components import ViewerModel
    >>> viewer = ViewerModel()
    >>> photo = viewer.add_image(skimage.data.chelsea(), name="photo")
    >>> night = viewer.add_image(skimage.data.coffee(), name="night")
    >>> swept = sweep_layers(
    ...     viewer, "photo", "night", vary={"seed": [0, 1]}, preset="preview", steps=3, size=64
    ... )
    >>> [layer.name for layer in swept.wait().layers]
    ['photo, seed 0', 'photo, seed 1']
    """
    # A sweep names its results itself, and paints the slice that is shown.
    check_setting_names(settings.keys() - {"content_mask", "style_mask", "region"})
    request = Request.of(content, style, preset=preset, **settings)
    swept = LayerSweep(viewer, Plan.of(vary, request, settings), compare, engine)
    swept.start()
    return swept
