"""The registry of extensions: what they provide, and what is wrong with them."""

from __future__ import annotations

import logging
import math
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from typing import Any, TypeVar

import pluggy

from napari_neural_style.forks import in_forked_child
from napari_neural_style.hooks import builtin, hookspecs
from napari_neural_style.hooks.import_guard import no_tensorflow
from napari_neural_style.hooks.specs import (
    ContentLossSpec,
    FeatureNetworkSpec,
    Preset,
    StyleLossSpec,
)

__all__ = ["Extensions", "Problem", "extensions"]

_log = logging.getLogger("napari_neural_style")
_OURSELVES = "napari-neural-style"
_Record = TypeVar("_Record", FeatureNetworkSpec, StyleLossSpec, ContentLossSpec)


@dataclass(frozen=True)
class Problem:
    """A problem with an extension.

    Parameters
    ----------
    extension : str
        Name of its package.
    text : str
        One sentence for the user.
    """

    extension: str
    text: str


class _Broken(Exception):
    """The reason for leaving an extension out, as the end of a sentence."""


class Extensions:
    """Everything that is registered, by name.

    Attributes
    ----------
    feature_networks : dict of str to FeatureNetworkSpec
    style_losses : dict of str to StyleLossSpec
    content_losses : dict of str to ContentLossSpec
    presets : dict of str to Preset
    names : list of str
        The extensions in use, in the order of their registration.
    problems : list of Problem
        What was left out and why.
    """

    def __init__(self) -> None:
        self.feature_networks: dict[str, FeatureNetworkSpec] = {}
        self.style_losses: dict[str, StyleLossSpec] = {}
        self.content_losses: dict[str, ContentLossSpec] = {}
        self.presets: dict[str, Preset] = {}
        #: Names of presets whose values have been checked.
        self.checked_presets: set[str] = set()
        self.problems: list[Problem] = []
        self._owners: dict[str, str] = {}  # of presets
        self._pluggy = pluggy.PluginManager(hookspecs.PROJECT)
        self._pluggy.add_hookspecs(hookspecs)
        self.register(builtin, _OURSELVES)
        self.checked_presets.update(self.presets)  # by the tests

    @property
    def names(self) -> list[str]:
        """Names of the extensions in use, in the order of their registration."""
        return [name for name, _ in self._pluggy.list_name_plugin() if name != _OURSELVES]

    def load_entry_points(self) -> None:
        """Register the extensions of all installed packages; report those that are broken."""
        found = entry_points(group=hookspecs.PROJECT)
        for entry in sorted(found, key=lambda e: (_package(e), e.name)):
            try:
                with no_tensorflow():
                    plugin = entry.load()
            except (Exception, SystemExit) as error:  # noqa: BLE001 (any error of theirs)
                self._leave_out(_package(entry), f"it cannot be imported ({_said(error)})")
            else:
                self.register(plugin, _package(entry))

    def register(self, plugin: object, name: str) -> bool:
        """Register an extension in this process only; packages use entry points instead.

        Parameters
        ----------
        plugin : module or object
            With functions marked by `hookimpl`.
        name : str

        Returns
        -------
        bool
            False if it is broken; then nothing is registered, and `problems` says why.
        """
        try:
            self._check_in(plugin, name)
            try:
                self._collect(plugin, name)
            except BaseException:
                self._pluggy.unregister(plugin)
                raise
        except _Broken as error:
            self._leave_out(name, str(error))
            return False
        return True

    def callers(self, hook: str) -> Iterator[tuple[str, pluggy.HookCaller]]:
        """Yield each extension that implements `hook`: its name and a caller for it alone."""
        everyone = self._pluggy.list_name_plugin()
        for implementation in getattr(self._pluggy.hook, hook).get_hookimpls():
            others = [p for n, p in everyone if n != implementation.plugin_name]
            yield implementation.plugin_name, self._pluggy.subset_hook_caller(hook, others)

    def leave_out_preset(self, name: str, why: str) -> None:
        """Remove a preset whose values turn out not to be allowed."""
        del self.presets[name]
        self._leave_out(self._owners[name], f"its preset {name!r} cannot be used: {why}")

    def report(self, extension: str, text: str) -> Problem:
        """Note and log a problem with an extension."""
        problem = Problem(extension, text)
        self.problems.append(problem)
        _log.warning(text)
        return problem

    def _check_in(self, plugin: object, name: str) -> None:
        try:
            if self._pluggy.register(plugin, name) is None:
                raise _Broken("it is blocked")
            self._pluggy.check_pending()
        except ValueError:
            raise _Broken("it is registered already") from None
        except pluggy.PluginValidationError as error:
            if self._pluggy.is_registered(plugin):
                self._pluggy.unregister(plugin)
            raise _Broken(f"a hook of it is not as specified ({_said(error)})") from None
        if not self._pluggy.get_hookcallers(plugin):
            self._pluggy.unregister(plugin)
            raise _Broken("it implements no hook")

    def _collect(self, plugin: object, name: str) -> None:
        """Ask an extension for all it provides, check everything, and only then register it."""
        networks = self._asked(plugin, "feature_networks", FeatureNetworkSpec)
        styles = self._asked(plugin, "style_losses", StyleLossSpec)
        contents = self._asked(plugin, "content_losses", ContentLossSpec)
        presets = self._asked_presets(plugin)
        for known, new, what in (
            (self.feature_networks, networks, "feature network"),
            (self.style_losses, styles, "style loss"),
            (self.content_losses, contents, "content loss"),
            (self.presets, presets, "preset"),
        ):
            _check_names(known, new, what)
        titles = {network.title for network in self.feature_networks.values()}
        for network in networks.values():
            if network.title in titles:
                raise _Broken(f"a feature network titled {network.title!r} exists already")
            titles.add(network.title)
        self.feature_networks |= networks
        self.style_losses |= styles
        self.content_losses |= contents
        self.presets |= presets
        self._owners |= dict.fromkeys(presets, name)

    def _asked(self, plugin: object, hook: str, kind: type[_Record]) -> dict[str, _Record]:
        records: dict[str, _Record] = {}
        for answer in self._answers(plugin, hook):
            if not isinstance(answer, list | tuple):
                raise _Broken(f"{hook} returns {_kind(answer)} where a list is needed")
            for record in answer:
                if not isinstance(record, kind):
                    raise _Broken(
                        f"{hook} returns {_kind(record)} where a {kind.__name__} is needed"
                    )
                _check_record(record, hook)
                if record.name in records:
                    raise _Broken(f"{hook} names {record.name!r} twice")
                records[record.name] = record
        return records

    def _asked_presets(self, plugin: object) -> dict[str, Preset]:
        presets: dict[str, Preset] = {}
        for answer in self._answers(plugin, "presets"):
            if not isinstance(answer, Mapping):
                raise _Broken(f"presets returns {_kind(answer)} where a dict is needed")
            for name, preset in answer.items():
                if not (isinstance(name, str) and isinstance(preset, Preset)):
                    raise _Broken(
                        f"presets returns {_kind(preset)} for {name!r} where a Preset is needed"
                    )
            presets |= answer
        return presets

    def _answers(self, plugin: object, hook: str) -> list[Any]:
        others = [other for _, other in self._pluggy.list_name_plugin() if other is not plugin]
        caller = self._pluggy.subset_hook_caller(hook, others)
        if not caller.get_hookimpls():
            return []
        try:
            with no_tensorflow():
                answers = caller()
        except Exception as error:
            raise _Broken(f"{hook} raises {_said(error)}") from error
        if not answers:  # pluggy drops None
            raise _Broken(f"{hook} returns nothing")
        return list(answers)

    def _leave_out(self, name: str, why: str) -> None:
        self.report(name, f"The extension {name} is left out: {why}. Update or remove it.")


def _check_names(known: Mapping[str, Any], new: Mapping[str, Any], what: str) -> None:
    for name in new:
        if name in known or (name, what) == ("auto", "style loss"):
            raise _Broken(f"a {what} called {name!r} exists already")


def _check_record(record: FeatureNetworkSpec | StyleLossSpec | ContentLossSpec, hook: str) -> None:
    texts = ["name", "description"]
    if isinstance(record, FeatureNetworkSpec):
        texts.append("title")
        layers = record.layers
        if not isinstance(layers, tuple) or not all(isinstance(n, str) for n in layers):
            raise _Broken(f"{hook}: the layers of {record.name!r} must be a tuple of names")
    if isinstance(record, StyleLossSpec):
        for part in ("memory", "time"):
            value = getattr(record, part)
            if not isinstance(value, int | float) or not 0 < value < math.inf:
                raise _Broken(f"{hook}: the {part} of {record.name!r} must be a number above 0")
    for part in texts:
        if not isinstance(text := getattr(record, part), str) or not text:
            raise _Broken(f"{hook}: the {part} of a record is {text!r} where a text is needed")
    if not callable(record.load) and not (isinstance(record.load, str) and ":" in record.load):
        raise _Broken(
            f"{hook}: load of {record.name!r} is {record.load!r} where 'module:function' is needed"
        )


def _package(entry: EntryPoint) -> str:
    return entry.dist.name if entry.dist else entry.name


def _kind(value: object) -> str:
    return f"a {type(value).__name__}"


def _said(error: BaseException) -> str:
    """Return the error in one line of at most 200 characters."""
    if isinstance(error, pluggy.PluginValidationError):
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        return " ".join(lines[1:])[:200] or str(error)
    return f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"[:200]


_extensions: Extensions | None = None
_lock = threading.RLock()


def _forked() -> None:
    global _lock
    _lock = threading.RLock()


in_forked_child(_forked)


def extensions() -> Extensions:
    """Return the registry of this process; entry points are loaded on the first call."""
    global _extensions
    with _lock:
        if _extensions is None:
            _extensions = Extensions()
            _extensions.load_entry_points()
        return _extensions
