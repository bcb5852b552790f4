"""Results of a viewer painted on at the size of a print. Qt-free."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from napari_neural_style.costs.estimate import Estimate, estimate_for
from napari_neural_style.costs.measured import finish_seconds
from napari_neural_style.errors import ImageError, SettingsError
from napari_neural_style.histories.history import history
from napari_neural_style.job import Engine
from napari_neural_style.looks.look import Look, opened
from napari_neural_style.pictures.images import fit
from napari_neural_style.printing import STEPS, print_settings, print_size
from napari_neural_style.pyramid import schedule
from napari_neural_style.records.records import recorded_settings
from napari_neural_style.reproduction import record_told, run_from
from napari_neural_style.running.style_run import StyleRun
from napari_neural_style.settings import LARGEST_SIZE, Settings
from napari_neural_style.tasks.request import Request
from napari_neural_style.viewing.layers import bare, named_layer
from napari_neural_style.viewing.planes import Sliders
from napari_neural_style.viewing.views import source_of

if TYPE_CHECKING:
    from napari.components import ViewerModel
    from napari.layers import Layer

__all__ = ["Enlarging", "enlarge_result"]

#: In tiles, everything is computed about twice.
_TILED = 2.0


@dataclass(frozen=True)
class Enlarging:
    """A result that can be painted on at a larger size.

    Parameters
    ----------
    viewer : napari.components.ViewerModel
    layer : napari.layers.Layer
        The result.
    record : mapping
        Of how it was painted.
    shape : (int, int)
        Height and width of its content at full resolution, in pixels.
    """

    viewer: ViewerModel
    layer: Layer
    record: Mapping[str, Any]
    shape: tuple[int, int]

    @classmethod
    def of(cls, viewer: ViewerModel, result: Layer | str) -> Enlarging:
        """Return what is known of a result layer, given itself or its name.

        Raises
        ------
        ImageError, SettingsError
            If it cannot be enlarged: it has no record, is a stack, or its content is gone.
        """
        viewer = bare(viewer)
        layer = named_layer(viewer, result, "result")
        record = record_told(viewer, layer)
        recorded_settings(record)  # says what is wrong with them
        request = Request.from_record(record)
        if request.slices == "all":
            raise ImageError("It is a stack: paint one of its slices by itself to enlarge it.")
        if isinstance(request.region, tuple):
            (top, bottom), (left, right) = request.region
            return cls(viewer, layer, record, (bottom - top, right - left))
        source = source_of(viewer, request.content, [])
        sliders = Sliders.of(viewer)
        return cls(viewer, layer, record, source.grid.place(source.grid.plane(sliders)).shape)

    def settings(self, size: int, steps: int = STEPS) -> Settings:
        """Return the settings to paint it on with, at that longest side in pixels."""
        ended = recorded_settings(self.record)
        painted = min(ended.size, max(self.shape))
        return ended.replace(
            size=size,
            init="image",
            result_size="painted",
            **print_settings(painted, size, steps, ended.finish_steps),
        )

    def estimate(self, size: int, steps: int = STEPS) -> Estimate:
        """Return what it will take to paint it on at that longest side in pixels.

        Where no run of this network has been large enough to tell the time, the result itself does,
        if it was painted here.
        """
        settings = self.settings(size, steps)
        found = estimate_for(fit(self.shape, size), settings)
        if found.seconds is None and (pace := self._pace()) is not None:
            whole = pace * _pixel_steps(fit(self.shape, size), settings)
            finish = finish_seconds(fit(self.shape, size), settings)
            found = replace(found, seconds=whole * (_TILED if found.tile else 1.0) + finish)
        return found

    def _pace(self) -> float | None:
        """Return the seconds that each pixel has taken at each step; None if that is not known."""
        entry = history(self.viewer).entry_of(self.layer)
        run = entry.run if entry else None
        if not isinstance(run, StyleRun) or run.progress is None or "look" in self.record["inputs"]:
            return None
        done = run.progress.fraction * _pixel_steps(self.shape, run.settings)
        return run.progress.seconds / done if done else None

    def run(
        self,
        size: int,
        steps: int = STEPS,
        *,
        look: Any = None,
        name: str | None = None,
        engine: Engine | None = None,
    ) -> StyleRun:
        """Return the run that does it, before it is started; as `enlarge_result` does.

        Raises
        ------
        ImageError, SettingsError
            If a layer is missing, or that cannot be.
        """
        height, width = fit(self.shape, size)
        changes: dict[str, Any] = {"init": self.layer, "settings": self.settings(size, steps)}
        record = self.record
        if look is not None:
            look = opened(look)
            if not isinstance(look, Look):
                raise SettingsError("look is no look: give one that was learnt, or its file.")
            # It begins with the content and has no parts, whatever the result was painted with.
            inputs = {k: v for k, v in record["inputs"].items() if k not in ("init", "style_mask")}
            settings = changes.pop("settings").replace(init="content", finish_steps=0)
            record = {**record, "inputs": inputs, "settings": settings.to_json()}
            changes = {"styles": look, "settings": settings}
        run = run_from(
            self.viewer,
            record,
            engine,
            name=name or f"{self.layer.name}, {width} x {height}",
            enlarge=True,
            **changes,
        )
        assert isinstance(run, StyleRun)  # no stack
        return run


def _pixel_steps(shape: tuple[int, int], settings: Settings) -> int:
    """Return the pixels of all steps of a run."""
    size = min(settings.size, max(shape))
    scales = schedule(size, settings.smallest_scale, settings.steps)
    return sum(scale.steps * math.prod(fit(shape, scale.size)) for scale in scales)


def enlarge_result(
    viewer: ViewerModel,
    result: Layer | str,
    *,
    size: int | None = None,
    centimetres: float | None = None,
    dpi: float = 300.0,
    steps: int = STEPS,
    look: Any = None,
    name: str | None = None,
    engine: Engine | None = None,
) -> StyleRun:
    """Paint a result of a viewer on at a larger size, as a new layer that lies over it.

    What is coarse stays as it is, and a few steps at each finer scale add what is finer; in tiles
    where the picture is large. In the end its patches are brought to those of the style. Returns
    at once.

    Parameters
    ----------
    viewer : napari.Viewer or napari.components.ViewerModel
        With the layers that the record of the result names.
    result : napari.layers.Layer or str
        The result layer or its name.
    size : int, optional
        Longest side wanted, in pixels; by default that of the content at its full resolution.
    centimetres : float, optional
        Longest side wanted in print, instead of `size`.
    dpi : float
        Pixels per inch in print.
    steps : int
        Over all scales.
    look : Look or str or Path, optional
        Paint the content at that size with this look instead, which takes one step.
    name : str, optional
        Name of the new layer.
    engine : Engine, optional
        What does the work; by default the engine process that everything here shares.

    Returns
    -------
    StyleRun
        Its `picture` with ``numpy.uint16`` is what to save for print.

    Raises
    ------
    ImageError, SettingsError
        If there is no record, a layer is missing, or that cannot be.

    Examples
    --------
    >>> run = enlarge_result(viewer, "photo in the style of painting", size=400, steps=2)
    >>> max(run.wait().layer.data.shape)
    400
    """
    if size is not None and centimetres is not None:
        raise SettingsError("Give size or centimetres, not both.")
    plan = Enlarging.of(viewer, result)
    if centimetres is not None:
        size = print_size(centimetres, dpi)
    if size is None:
        size = min(max(plan.shape), LARGEST_SIZE)
    run = plan.run(size, steps, look=look, name=name, engine=engine)
    run.start()
    return run
