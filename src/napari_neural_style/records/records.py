"""The record that every result carries: how it was made, in the layer and in the saved file.

A record is a dict of plain values that JSON can hold. In a layer it is
``layer.metadata["neural_style"]``; in a PNG file it is the text chunk of that name, in a TIFF file
the image description, both as JSON.
"""

from __future__ import annotations

import json
import platform
import warnings
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PIL import Image
from PIL.TiffImagePlugin import IMAGEDESCRIPTION

from napari_neural_style.errors import SettingsError
from napari_neural_style.hooks.registered import check_registered
from napari_neural_style.one_line import in_one_line
from napari_neural_style.plain_values import parsed, plain
from napari_neural_style.progress import Notice, Progress
from napari_neural_style.records.schema import OwnRecord, checked_record, checked_stages
from napari_neural_style.settings import Settings

if TYPE_CHECKING:
    from napari.components import ViewerModel
    from napari.layers import Layer

__all__ = ["KEY", "attach_record", "begun_with", "make_record", "read_record", "record_of"]
__all__ += ["recorded_settings", "saved_text", "versions", "watch_files", "weights_left_out"]

#: Where the record stands: in ``layer.metadata``, and in a file.
KEY = "neural_style"
#: TensorFlow's package by any of the names it is installed under.
_TENSORFLOW = ("tensorflow", "tensorflow-cpu", "tensorflow-macos", "tf-nightly", "tf-nightly-cpu")


def make_record(
    settings: Settings,
    progress: Progress,
    notices: Iterable[Notice] = (),
    inputs: Mapping[str, Any] | None = None,
    *,
    earlier: Sequence[Mapping[str, Any]] = (),
    changes: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return the complete record of a result.

    Parameters
    ----------
    settings : Settings
    progress : Progress
        Where the run stands: its step, losses, seconds, device, precision and feature network.
    notices : iterable of Notice
        What the user was told; the important ones are kept.
    inputs : mapping, optional
        Names of the layers or files that went in, and how, in values that JSON can hold:
        ``"content"``, ``"style"`` ...; `Request.to_record` says which.
    earlier : sequence of mapping
        The stages before the present one, of a run that was continued.
    changes : mapping, optional
        Settings with which the present stage began.

    Returns
    -------
    dict
        ``settings`` (JSON text, the seed among them) as the run began with them; ``stages``: one,
        and one for each time it was continued, with its ``step``, the ``changes`` of settings that
        it began with, and ``steering``, what changed after how many steps; ``inputs``,
        ``features``, ``weights`` (``title`` and ``sha256``, "" if not known), ``style_loss``,
        ``device``, ``precision``, ``step``, ``seconds``, ``losses``, ``notices`` and ``versions``.
    """
    stage = {
        "step": progress.step - sum(stage["step"] for stage in earlier),
        "changes": dict(changes or {}),
        "steering": [[step, dict(steered)] for step, steered in progress.steering],
    }
    record = {
        "settings": settings.to_json(),
        "stages": [*earlier, stage],
        "inputs": dict(inputs or {}),
        "features": progress.features,
        "weights": {"title": progress.features, "sha256": progress.weights_sha256},
        "style_loss": progress.style_loss,
        "device": progress.device,
        "precision": progress.precision,
        "step": progress.step,
        "seconds": progress.seconds,
        "losses": dict(progress.losses),
        "notices": [notice.text for notice in notices if notice.important],
        "versions": versions(),
    }
    return OwnRecord(record)


def versions() -> dict[str, str]:
    """Return the versions of this package, TensorFlow, napari and Python; "" if not installed."""
    return dict(_versions())


@cache
def _versions() -> dict[str, str]:
    return {
        "napari-neural-style": _version("napari-neural-style"),
        "tensorflow": next(filter(None, map(_version, _TENSORFLOW)), ""),
        "napari": _version("napari"),
        "python": platform.python_version(),
    }


def _version(package: str) -> str:
    # From the package's metadata: nothing is imported, TensorFlow least of all.
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def record_of(layer: Layer) -> dict[str, Any] | None:
    """Return the record of a layer, or None if it is no result of ours."""
    return checked_record(layer.metadata.get(KEY))


def begun_with(record: Mapping[str, Any]) -> Settings:
    """Return the settings that a result's run began with.

    A path of a weights file is taken from records of this process only; see `weights_left_out`.

    Raises
    ------
    SettingsError
        If they cannot be read, for instance because they come from a later version, or name
        something that an extension brings which is not installed.
    """
    text = record.get("settings")
    if not isinstance(text, str):
        raise SettingsError("The record does not say with which settings it was painted.")
    settings = Settings.from_json(text)
    if weights_left_out(record):
        settings = settings.replace(weights="auto")
    check_registered(settings)
    return settings


def weights_left_out(record: Mapping[str, Any]) -> str:
    """Return the sentence for the user if a record names a weights file that is not opened; or "".

    Whoever wrote the record may mean harm by the path, and on their own machine at best it means
    a file of theirs.
    """
    if isinstance(record, OwnRecord):
        return ""
    try:
        weights = parsed(record["settings"])["weights"]
    except (KeyError, TypeError, ValueError):
        return ""
    if weights in ("auto", "imagenet") or not isinstance(weights, str):
        return ""
    return (
        f"The record names the weights file {in_one_line(weights)!r}, and no record opens a file: "
        f"it is painted with weights 'auto', so choose the file yourself if you want it."
    )


def recorded_settings(record: Mapping[str, Any]) -> Settings:
    """Return the settings that a result was made with; where they were steered, the last ones.

    Raises
    ------
    SettingsError
        As `begun_with`, or if what is said of the steering is damaged.
    """
    settings = begun_with(record)
    for stage in checked_stages(record):
        for _, changes in stage["steering"]:
            settings = settings.replace(**changes)
    return settings


def read_record(path: str | Path) -> dict[str, Any] | None:
    """Return the record that a saved picture carries.

    Parameters
    ----------
    path : str or Path
        A PNG or TIFF file.

    Returns
    -------
    dict or None
        None if there is no such file, it is no picture, or it carries no record or a damaged one.
    """
    try:
        with warnings.catch_warnings(action="ignore"), Image.open(path) as file:
            text = file.info.get(KEY)
            if text is None and (tags := getattr(file, "tag_v2", None)):
                text = tags.get(IMAGEDESCRIPTION)
    except Exception:  # noqa: BLE001 (Pillow raises anything at files that are not what they seem)
        return None
    try:
        found = parsed(text) if isinstance(text, str) else None
    except ValueError:
        return None
    return checked_record(found.get(KEY)) if isinstance(found, dict) else None


def saved_text(record: Mapping[str, Any]) -> tuple[str, str]:
    """Return the keyword and the text, all ASCII, by which a record stands in a file."""
    # Without what JSON has no word for: the losses of a run that went astray, say.
    return KEY, json.dumps({KEY: plain(record)}, allow_nan=False)


def attach_record(layer: Layer) -> None:
    """Give a layer that was opened from a saved result the record that its file carries."""
    path = layer.source.path
    if path and KEY not in layer.metadata and (record := read_record(path)):
        layer.metadata[KEY] = record


def watch_files(viewer: ViewerModel) -> None:
    """See to it that saved results, opened before or after, have their record in their layers."""
    for layer in viewer.layers:
        attach_record(layer)
    viewer.layers.events.inserted.connect(_on_inserted)  # once only, however often this is called


def _on_inserted(event: Any) -> None:
    attach_record(event.value)
