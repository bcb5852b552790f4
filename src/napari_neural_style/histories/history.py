"""`History`: the runs of a viewer, and the results opened from files. Qt-free."""

from __future__ import annotations

import weakref
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from psygnal import Signal

from napari_neural_style.histories.entry import Entry
from napari_neural_style.histories.removed import (
    PACKED_BYTES,
    UNPACKED,
    UNPACKED_BYTES,
    can_be_packed,
)
from napari_neural_style.presets.differences import differences
from napari_neural_style.records.records import attach_record, record_of
from napari_neural_style.running.stack_run import StackRun
from napari_neural_style.viewing.layers import bare
from napari_neural_style.viewing.multiscale import finest
from napari_neural_style.viewing.showing import set_visible

if TYPE_CHECKING:
    from napari.components import ViewerModel
    from napari.layers import Layer

    from napari_neural_style.running.run import BaseRun

__all__ = ["Entry", "History", "history"]


class History:
    """The results of a viewer, in the order in which they came.

    Runs come in when they start; layers that carry a record, from a saved file for instance, when
    they are opened. A result whose layer the user removes stays, and `show` puts it back. The
    latest of these stay with their runs; those before them are compressed, and what they were
    painted from is not kept: see `napari_neural_style.histories.removed`.

    Made by `history`. Use it on the main thread only.

    Parameters
    ----------
    viewer : napari.Viewer or napari.components.ViewerModel

    Attributes
    ----------
    added, removed, changed : psygnal.SignalInstance
        Emitted with the `Entry`.

    Examples
    --------
    >>> entry = history(viewer)[0]
    >>> entry.name, entry.state, entry.settings.size
    ('photo in the style of painting', 'finished', 64)
    """

    added = Signal(Entry)
    removed = Signal(Entry)
    changed = Signal(Entry)

    def __init__(self, viewer: ViewerModel) -> None:
        self._viewer = weakref.ref(viewer)
        self._entries: list[Entry] = []
        for layer in viewer.layers:
            self._take_in(layer)

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[Entry]:
        return iter(list(self._entries))

    def __getitem__(self, index: int) -> Entry:
        return self._entries[index]

    def __repr__(self) -> str:
        lines = [f"{number}: {entry!r}" for number, entry in enumerate(self._entries)]
        return "\n".join([f"<History of {len(self._entries)} results>", *lines])

    def add(self, run: BaseRun) -> Entry:
        """Take in a run; one that is there already stays in its place.

        Parameters
        ----------
        run : BaseRun

        Returns
        -------
        Entry
        """
        for entry in self._entries:
            if entry.packed and entry.packed.run_was and entry.packed.run_was() is run:
                entry.unpack(run=run)
            if entry.run is run:
                self.changed.emit(entry)
                return entry
        entry = Entry(run, None, self._layers_of(run.inputs))

        known = weakref.ref(self)

        # A function, since psygnal holds methods weakly; the run goes when its entry does.
        def on_news(_: object) -> None:
            if (alive := known()) and entry in alive._entries:
                alive.changed.emit(entry)

        run.progressed.connect(on_news)
        run.state_changed.connect(on_news)
        self._entries.append(entry)
        self.added.emit(entry)
        return entry

    def differences(self, entry: Entry) -> str:
        """Return what differs from the result before it, as in "seed 0 -> 1"; "" for the first.

        Parameters
        ----------
        entry : Entry
        """
        place = self._entries.index(entry)
        return differences(entry.record, self._entries[place - 1].record if place else None)

    def show(self, entry: Entry) -> None:
        """Show only this result over its content; results beside it are hidden, the rest stays.

        A layer that was removed is put back.

        Parameters
        ----------
        entry : Entry
        """
        viewer = self._model
        entry.unpack()
        if entry.layer is None:
            return
        if entry.layer not in viewer.layers:
            viewer.add_layer(entry.layer)
        content = entry.input("content")
        for layer in viewer.layers:
            if record_of(layer) is not None and layer is not content:
                set_visible(layer, layer is entry.layer)
        if content is not None and content in viewer.layers:
            set_visible(content, True)
        set_visible(entry.layer, True)
        viewer.layers.selection.active = entry.layer

    def delete(self, entry: Entry) -> None:
        """Remove a result and its layer; a run that goes on is cancelled.

        Parameters
        ----------
        entry : Entry
        """
        self._entries.remove(entry)
        if entry.run:
            entry.run.cancel()
        if entry.layer is not None and entry.layer in self._model.layers:
            self._model.layers.remove(entry.layer)
        self.removed.emit(entry)

    @property
    def _model(self) -> ViewerModel:
        viewer = self._viewer()
        assert viewer is not None, "the viewer is gone"
        return viewer

    def entry_of(self, layer: Layer) -> Entry | None:
        """Return the entry whose result a layer is, if there is one.

        Parameters
        ----------
        layer : napari.layers.Layer
        """
        layer = bare(layer)
        for entry in self._entries:
            if entry.packed and entry.packed.layer_was() is layer:
                entry.unpack(layer)
            if entry.layer is layer:
                return entry
        return None

    def _take_in(self, layer: Layer) -> None:
        """Take in a layer with a record, unless a run here has made it."""
        attach_record(layer)
        if (record := record_of(layer)) is None or self.entry_of(layer):
            return
        entry = Entry(None, layer, self._layers_of(record.get("inputs")))
        self._entries.append(entry)
        self.added.emit(entry)

    def _layers_of(self, inputs: Any) -> dict[str, Layer]:
        """Return the layers by the names that a record has; identity is good for later."""
        names = inputs if isinstance(inputs, Mapping) else {}
        layers = self._model.layers
        return {
            what: layers[name]
            for what, name in names.items()
            if isinstance(name, str) and name in layers
        }

    def _tell(self, layer: Layer) -> None:
        if entry := self.entry_of(layer):
            self.changed.emit(entry)

    def _keep_small(self) -> None:
        """Pack the results that are not in the viewer, but for the latest ones."""
        layers = self._model.layers
        live = packed = 0
        number = 0
        for entry in reversed(self._entries):
            if entry.packed:
                packed += entry.packed.size
                if packed > PACKED_BYTES:
                    entry.packed.let_pixels_go()
                continue
            run, layer = entry.run, entry.layer
            if layer is None or layer in layers or (run and not run.over):
                continue
            if isinstance(run, StackRun) and run.missing:
                continue  # It may go on with those.
            live += finest(layer).nbytes if can_be_packed(layer) else 0
            number += 1
            if number > UNPACKED or live > UNPACKED_BYTES:
                entry.pack()
                self.changed.emit(entry)


_histories: weakref.WeakKeyDictionary[Any, weakref.ref[History]] = weakref.WeakKeyDictionary()


def history(viewer: ViewerModel) -> History:
    """Return the history of a viewer; there is one for each.

    Parameters
    ----------
    viewer : napari.Viewer or napari.components.ViewerModel

    Returns
    -------
    History

    Examples
    --------
    >>> from napari.components import ViewerModel
    >>> history(ViewerModel())
    <History of 0 results>
    """
    viewer = bare(viewer)
    reference = _histories.get(viewer)
    found = reference() if reference else None
    if found is None:
        found = kept = History(viewer)

        # The history knows runs, and these the viewer. So that all may go together, nothing but
        # the viewer holds it: through these functions, which its events hold.
        def on_inserted(event: Any) -> None:
            kept._take_in(event.value)

        def on_removed(event: Any) -> None:
            kept._tell(event.value)
            kept._keep_small()

        def on_renamed(event: Any) -> None:
            kept._tell(event.source[event.index])

        viewer.layers.events.inserted.connect(on_inserted)
        viewer.layers.events.removed.connect(on_removed)
        viewer.layers.events.renamed.connect(on_renamed)
        _histories[viewer] = weakref.ref(found)
    return found
