"""The dock widget: choose layers and settings, press Run. All it does goes through the API."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari.layers import Image, Labels
from qtpy.QtGui import QShowEvent
from qtpy.QtWidgets import QVBoxLayout, QWidget

from napari_neural_style._qt.asking import Asking
from napari_neural_style._qt.binding import Following
from napari_neural_style._qt.controls import IMAGENET, SettingsForm
from napari_neural_style._qt.forecast import Forecast
from napari_neural_style._qt.layer_actions import add_layer_actions
from napari_neural_style._qt.layer_combo import image_layers
from napari_neural_style._qt.loss_details import LossDetails
from napari_neural_style._qt.mask_following import MaskFollowing
from napari_neural_style._qt.memory import Memory
from napari_neural_style._qt.more_styles import MoreStyles
from napari_neural_style._qt.pair import Pair
from napari_neural_style._qt.panel import RunPanel
from napari_neural_style._qt.plain_text import as_it_stands
from napari_neural_style._qt.preset_menu import PresetMenu
from napari_neural_style._qt.recovery import RecoveryOffer
from napari_neural_style._qt.retouch_bar import RetouchBar
from napari_neural_style._qt.section import Section
from napari_neural_style._qt.shortcuts import Shortcuts
from napari_neural_style._qt.slices import Slices
from napari_neural_style._qt.tabbing import Docked
from napari_neural_style._qt.where import Where
from napari_neural_style.api import layer_run
from napari_neural_style.errors import NeuralStyleError
from napari_neural_style.hooks import extensions
from napari_neural_style.job import Engine
from napari_neural_style.process import engine_process
from napari_neural_style.records.records import record_of, watch_files
from napari_neural_style.running.queue import run_queue
from napari_neural_style.running.run import BaseRun
from napari_neural_style.running.style_run import StyleRun
from napari_neural_style.tasks.request import Request
from napari_neural_style.viewing.layers import bare
from napari_neural_style.viewing.mask_layers import new_mask
from napari_neural_style.viewing.planes import Sliders
from napari_neural_style.viewing.views import source_of

if TYPE_CHECKING:
    import napari


__all__ = ["NeuralStyleWidget"]

#: What the first finished picture suggests.
_NEXT = (
    "Painted into the layer “{name}”. Next: move Style strength or click another style, and press "
    "Run again."
)

_PAGES = {
    "Styles": "Further styles to blend in.",
    "Where": "Region, masks, and the style of each part.",
}


class NeuralStyleWidget(Docked):
    """Neural style transfer, as a dock widget of napari.

    Parameters
    ----------
    napari_viewer : napari.viewer.Viewer
    engine : Engine, optional
        What does the work; by default the engine process that everything here shares.
    """

    # napari knows the viewer's parameter by its name.
    def __init__(self, napari_viewer: napari.viewer.Viewer, engine: Engine | None = None) -> None:
        super().__init__()
        self._viewer = napari_viewer
        self.engine = engine_process() if engine is None else engine
        self.current_run: BaseRun | None = None
        self.pair = Pair(napari_viewer)
        self.content_combo, self.style_combo = self.pair.content_combo, self.pair.style_combo
        self.slices = Slices()
        self.where: Section[Where] = Section(self._make_where)
        self.more_styles: Section[MoreStyles] = Section(self._make_more_styles)
        self.form = SettingsForm(above=(self.pair, self.slices))
        self.form.offer_starts(self._image_layers)
        self._asking = Asking(self.pair, self.form, self.slices, self.where, self.more_styles)
        self.menu = PresetMenu(self.form)
        add_layer_actions(self.menu, napari_viewer, self.form, self.engine)
        self.memory = Memory(self.form)
        self.recovery = RecoveryOffer(napari_viewer)
        self._queue = run_queue(self.engine)
        self.panel = RunPanel(self._queue)
        self.retouch_bar = RetouchBar(napari_viewer, self._result, self._strength, self.engine)
        self.where.add_below(self.retouch_bar)
        self.mask_following = MaskFollowing(self.panel.live.isChecked, self)
        self.forecast = Forecast(
            bare(napari_viewer), self.form, self.panel, self._painted, self._by_look, self
        )
        self.losses = LossDetails(napari_viewer)
        self.panel.add_details(self.losses)
        self._has_suggested = False
        self._lay_out()

        self.panel.run_button.clicked.connect(self.run)
        self.panel.continue_button.clicked.connect(self.continue_run)
        self.form.steered.connect(self._steer)
        self.panel.weights_button.clicked.connect(self._get_weights)
        self.panel.features_button.clicked.connect(self.form.show_features)
        self.panel.details_button.toggled.connect(self.losses.open)
        self.content_combo.changed.connect(self._offer_slices)
        for combo in (self.content_combo, self.style_combo):
            combo.changed.connect(self.forecast.ask)
            combo.changed.connect(self._show_whether_ready)
        self.form.changed.connect(self.forecast.ask)
        self.form.changed.connect(self._tell_steps)
        self.form.problem.connect(self.panel.notice.tell)
        self.pair.problem.connect(self.panel.notice.tell)
        self.retouch_bar.told.connect(self.panel.notice.tell)
        self.mask_following.problem.connect(self.panel.notice.tell)
        self.more_styles.told.connect(partial(self._mark, self.more_styles, "Styles"))
        self.where.told.connect(partial(self._mark, self.where, "Where"))
        self.shortcuts = Shortcuts(
            self,
            {
                "run": self.run,
                "pause": self.panel.toggle_pause,
                "cancel": self.panel.cancel,
                "before": self.panel.before_button.click,
            },
        )
        following = Following(self)
        following.connect(self._queue.changed, self._follow)
        following.connect(bare(napari_viewer).events.theme, self._take_theme)
        self._awaited, self._present = Following(self), Following(self)
        self._take_theme()
        self._tell_steps()
        self.reset_choices()
        self._follow()
        watch_files(napari_viewer)
        if problems := extensions().problems:
            self.panel.notice.tell("\n".join(problem.text for problem in problems), "warning")
        # Seconds of start-up, spent while the user still chooses.
        self.engine.warm_up()

    def run(self) -> BaseRun | None:
        """Start a run with what the controls say; as the console's `stylize_layers` does.

        If another one goes on, it waits in the queue.

        Returns
        -------
        BaseRun or None
            None if it cannot begin; the panel says why.
        """
        try:
            run = layer_run(self._viewer, self.request(), self.engine)
            run.start()
        except NeuralStyleError as error:
            self.panel.notice.tell(error)
            return None
        self.pair.remember()
        return run

    def request(self) -> Request:
        """Return what Run would ask for; see `Asking.request`."""
        return self._asking.request()

    def showEvent(self, a0: QShowEvent | None) -> None:
        """Take the keys of the window it has come into."""
        super().showEvent(a0)
        self.shortcuts.attach(self)

    def continue_run(self) -> None:
        """Let the run that is over go on, for as many steps as the control says."""
        run = self.current_run
        if not isinstance(run, StyleRun):
            return
        try:
            run.continue_for(self.form.settings.steps)
        except NeuralStyleError as error:
            self.panel.notice.tell(error)

    def _follow(self) -> None:
        """Show the run whose turn it is, whoever started it in this viewer."""
        run = self._queue.current
        if not isinstance(run, BaseRun) or run.viewer is not bare(self._viewer):
            return
        if run is self.current_run:
            return
        self.current_run = run
        self.panel.follow(run)
        self.slices.follow(run)
        self._present.clear()
        self._present.connect(run.state_changed, self._on_state)
        self.losses.follow(run)
        self.mask_following.follow(run)

    def _on_state(self, state: str) -> None:
        """Say once what to try next, when there is a picture to go on from."""
        self.forecast.ask()  # More is known of what a run takes here.
        run = self.current_run
        if run is None or "look" in run.inputs or self._has_suggested or self.panel.notice.text():
            return
        if state == "finished":
            self._has_suggested = True
            name = run.layer.name if run.layer else run.name
            self.panel.notice.tell(_NEXT.format(name=name), "hint")

    def _mark(self, page: QWidget, title: str, chosen: str) -> None:
        """Show on its tab that something is chosen on a page, and in its tooltip what."""
        place = self._place_of(page)
        self.form.setTabText(place, f"{title} ✓" if chosen else title)
        self.form.setTabToolTip(place, as_it_stands(f"{_PAGES[title]} {chosen}".strip()))

    def _place_of(self, page: QWidget) -> int:
        scrolls = [self.form.widget(place) for place in range(self.form.count())]
        return next(k for k, scroll in enumerate(scrolls) if scroll and scroll.isAncestorOf(page))

    def _steer(self, name: str, value: float) -> None:
        run = self.current_run
        if run and not run.over and self.panel.live.isChecked():
            run.steer(**{name: value})

    def _get_weights(self) -> None:
        """Ask for the ImageNet weights, which downloads them, and paint with them."""
        self.form.features.value = IMAGENET
        run = self.current_run
        if run is None or run.over:
            self.run()
        else:
            self._awaited.clear()
            self._awaited.connect(run.state_changed, self._run_once_over)
            run.cancel()

    def _run_once_over(self, _: str) -> None:
        if self.current_run and self.current_run.over:
            self._awaited.clear()
            self.run()

    def reset_choices(self, event: Any = None) -> None:
        """Bring the layer combos up to date.

        napari calls this when layers come, go, move or are renamed, as long as there is this dock.
        """
        self.pair.reset_choices()
        self.form.reset_choices()
        for inside in (self.where.inside, self.more_styles.inside):
            if inside:
                inside.reset_choices()
        self._offer_slices()
        self._show_whether_ready()
        self.forecast.ask()
        # Recipes are for later while there is nothing to paint.
        self.form.recipe.setVisible(bool(self._image_layers()))

    def _show_whether_ready(self, _: Any = None) -> None:
        chosen = (self.content_combo.value, self.style_combo.value)
        self.panel.run_button.ready = None not in chosen
        self.panel.run_button.show_state()

    def _tell_steps(self) -> None:
        self.panel.tell_steps(int(self.form.controls["steps"].value))

    def _take_theme(self, _: Any = None) -> None:
        self.panel.run_button.take_theme(bare(self._viewer).theme)

    def _result(self) -> Image | None:
        """Return the result that is selected, or that of the last run."""
        active = bare(self._viewer).layers.selection.active
        if isinstance(active, Image) and record_of(active) is not None:
            return active
        layer = self.current_run.layer if self.current_run else None
        return layer if layer in bare(self._viewer).layers else None

    def _strength(self) -> float:
        return float(self.form.controls["style_strength"].value)

    def _painted(self) -> list[Image]:
        """Return the layers that are painted: one, or all that are seen."""
        content = self.content_combo.value
        if isinstance(content, str):
            return [layer for layer in self._image_layers() if layer.visible]
        return [content] if content else []

    def _by_look(self) -> bool:
        return isinstance(self.style_combo.value, Path)

    def _offer_slices(self, _: Any = None) -> None:
        self.slices.offer(max((layer.ndim for layer in self._painted()), default=2) - 2)

    def _make_where(self) -> Where:
        softness = self.form.controls["mask_softness"].native
        levels = self.form.controls["mask_levels"]
        return Where(self._viewer, self._image_layers, self._new_mask, softness, levels)

    def _make_more_styles(self) -> MoreStyles:
        def used() -> list[Any]:
            return [self.content_combo.value, self.style_combo.value]

        return MoreStyles(self._image_layers, used)

    def _new_mask(self) -> Labels | None:
        try:
            if self.content_combo.value is None:
                raise NeuralStyleError("Open an image first: the mask is painted over it.")
            source = source_of(self._viewer, self.content_combo.value, [self.style_combo.value])
            return new_mask(self._viewer, source.grid, Sliders.of(self._viewer))
        except NeuralStyleError as error:
            self.panel.notice.tell(error)
            return None

    def _image_layers(self, _: Any = None) -> list[Image]:
        return image_layers(self._viewer)

    def _lay_out(self) -> None:
        self.form.add_page("Styles", _PAGES["Styles"], self.more_styles, 1)
        self.form.add_page("Where", _PAGES["Where"], self.where, 2)
        # The pages scroll on a small screen; the buttons stay in sight.
        outside = QVBoxLayout(self)
        outside.setContentsMargins(2, 2, 2, 2)
        outside.setSpacing(4)
        outside.addWidget(self.form, 1)
        outside.addWidget(self.recovery)
        outside.addWidget(self.panel)
