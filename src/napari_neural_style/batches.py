"""Many contents in one style: a folder, a list or a stack, here or on a cluster."""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from napari_neural_style.api import paint
from napari_neural_style.batch_items import (
    Item,
    check_targets,
    items_of,
    style_files,
    target_of,
    title_of,
)
from napari_neural_style.errors import ImageError, NeuralStyleError, portable
from napari_neural_style.job import Engine
from napari_neural_style.looks.look import Look, opened
from napari_neural_style.one_line import first_line
from napari_neural_style.pictures.arrays import as_array
from napari_neural_style.pictures.files import (
    check_writable,
    home_expanded,
    read_image,
    shown_name,
    write_image,
)
from napari_neural_style.pictures.images import from_rgb, to_rgb
from napari_neural_style.pictures.levels import white_of
from napari_neural_style.progress import Notice, Progress, Update
from napari_neural_style.records.records import make_record, saved_text
from napari_neural_style.tasks.request import Request
from napari_neural_style.tasks.style_regions import Styles, read_styles

if TYPE_CHECKING:
    from distributed import Client

__all__ = ["Painted", "stylize_many"]

_log = logging.getLogger("napari_neural_style")


@dataclass(frozen=True)
class Painted:
    """What became of one item of a batch.

    Parameters
    ----------
    index : int
        Its place among the contents.
    name : str
        The name of its file, or its number.
    image : ndarray or None
        As `stylize` returns it; None if it failed.
    error : NeuralStyleError or None
        Why it failed.
    path : Path or None
        Where it was saved.
    seconds : float
        Time it took.
    notes : tuple of str
        What was told on the way, such as pages of a file that are left out.
    record : dict or None
        How it was made, as every result carries it; it is in the saved file, too.
    """

    index: int
    name: str
    image: NDArray[Any] | None = field(default=None, repr=False)
    error: NeuralStyleError | None = None
    path: Path | None = None
    seconds: float = 0.0
    notes: tuple[str, ...] = ()
    record: dict[str, Any] | None = field(default=None, repr=False)


def stylize_many(
    contents: str | Path | Iterable[Any] | ArrayLike,
    style: str | Path | Styles,
    *,
    output: str | Path | None = None,
    client: Client | None = None,
    preset: str = "balanced",
    engine: Engine | None = None,
    **settings: Any,
) -> Iterator[Painted]:
    """Paint many contents in one style; yield each as it is done.

    An item that fails is yielded with its error, and the rest go on. What is not asked for any
    more, because the caller stops iterating, is not painted.

    Parameters
    ----------
    contents : path, list of paths or arrays, or array of shape (n, H, W), (n, H, W, 3 or 4)
        A folder stands for the image files in it, by name; what is left out there is named in the
        log, with the reason. Of a dask array, one slice is computed at a time.
    style : path, array or list
        An image or its file; a list of them, or of pairs with a weight, which are blended.
    output : path, optional
        A folder, made if it is not there, in which each result is saved as a PNG file of its
        content's name, with its record, in place of any that is there already; but never in place
        of an image that goes in. Contents of more than 8 bits are saved with 16.
    client : distributed.Client, optional
        Paints on a cluster, one item at a time on each worker; every worker process starts an
        engine of its own. The package must be installed there. Items come in the order in which
        they are done. Without it they are painted here, in their own order.
    preset : str
    engine : Engine, optional
        What does the work here; by default the engine process that everything here shares.
    **settings
        Fields of `Settings` that shall differ from the preset.

    Yields
    ------
    Painted

    Raises
    ------
    ImageError, SettingsError
        If nothing could be done with any item, or a result would be saved over one of the images
        or over another result; before the first.

    Examples
    --------
    >>> options = {"preset": "preview", "steps": 3, "size": 64}
    >>> for painted in stylize_many("photos", "painting.png", output="painted", **options):
    ...     print(painted.name, painted.error or painted.path.name)
    cat cat.png
    cup cup.png
    """
    # Says what is wrong with the settings now, and once.
    painting = opened(style)
    look = painting if isinstance(painting, Look) else None
    request = Request.of_arrays(None, look, preset=preset, **settings)
    items = list(items_of(contents))
    painting = read_styles(painting)
    files = style_files(style)
    called = ", ".join(Path(shown_name(path)).stem for path in files) or None
    if look:
        called = look.name
    folder = None if output is None else home_expanded(output)
    if folder:
        check_targets(items, files, folder)
        with contextlib.suppress(OSError):  # The next line says what is wrong.
            folder.mkdir(parents=True, exist_ok=True)
        check_writable(folder / ".neural-style-try.png")
    done: Iterator[Painted]
    if client is None:
        done = (_paint(item, painting, request, called, engine) for item in items)
    else:
        done = _there(items, painting, request, called, client)
    return _saved(done, folder)


def _paint(
    item: Item, style: Any, request: Request, called: str | None, engine: Engine | None = None
) -> Painted:
    """Paint one item, in whichever process this runs; whatever fails is its error."""
    start = time.perf_counter()
    told: list[str] = []
    updates: list[Update] = []

    def tell(text: str) -> None:
        told.append(text)
        _log.warning(text)

    def keep(update: Update) -> None:
        if isinstance(update, Progress):  # the last is enough: each holds a picture
            updates[:] = [u for u in updates if isinstance(u, Notice)]
        updates.append(update)

    try:
        source = item.source
        if isinstance(source, Exception):
            raise source
        if isinstance(source, Path):
            content = read_image(source, tell)
        else:
            content = as_array(source, f"item {item.index}")
        image = paint(request.replace(content=content, styles=style), keep, engine)
        record = _record(item, request, called, updates)
    except Exception as error:  # noqa: BLE001 (no item may end the batch)
        return Painted(item.index, item.name, error=_as_ours(error, item), notes=tuple(told))
    seconds = time.perf_counter() - start
    return Painted(item.index, item.name, image, seconds=seconds, notes=tuple(told), record=record)


def _record(
    item: Item, request: Request, called: str | None, updates: list[Update]
) -> dict[str, Any] | None:
    """Return the record of a result: what went in by name, where it has one."""
    done = next((update for update in updates if isinstance(update, Progress)), None)
    if done is None:
        return None
    name = Path(shown_name(item.source)).stem if isinstance(item.source, Path) else None
    inputs = {**request.to_record()["inputs"], "content": name, "style": called or "an array"}
    notices = [update for update in updates if isinstance(update, Notice)]
    return make_record(request.settings, done, notices, inputs)


def _as_ours(error: Exception, item: Item) -> NeuralStyleError:
    """Return an error as one of ours, without what holds on to pictures and cannot travel."""
    if isinstance(error, NeuralStyleError):
        return portable(error)
    text = f": {line}" if (line := first_line(error)) else ""
    return ImageError(f"{title_of(item)} cannot be painted ({type(error).__name__}{text}).")


def _there(
    items: list[Item],
    style: Any,
    request: Request,
    called: str | None,
    client: Client,
) -> Iterator[Painted]:
    from distributed import as_completed

    # As one thing: several styles in a list would be as many.
    (scattered,) = client.scatter([style], broadcast=True)  # type: ignore[no-untyped-call]
    futures: dict[Any, Item] = {}
    refused = []
    for item in items:
        try:
            futures[client.submit(_paint, item, scattered, request, called, pure=False)] = item
        except Exception as error:  # noqa: BLE001 (what cannot travel is that item's error)
            refused.append(Painted(item.index, item.name, error=_as_ours(error, item)))
    try:
        yield from refused
        for future in as_completed(futures):  # type: ignore[no-untyped-call]
            item = futures[future]
            try:
                yield future.result()
            except Exception as error:  # noqa: BLE001 (a worker that died, say: the others go on)
                text = f"The worker failed with {type(error).__name__}: {error}"
                yield Painted(item.index, item.name, error=NeuralStyleError(text))
    finally:
        client.cancel(list(futures))  # type: ignore[no-untyped-call]


def _saved(done: Iterator[Painted], folder: Path | None) -> Iterator[Painted]:
    for painted in done:
        if folder is None or painted.image is None:
            yield painted
            continue
        path = target_of(folder, painted.name)
        text = None if painted.record is None else saved_text(painted.record)
        try:
            write_image(path, _for_file(painted.image), text, keep=True)
        except NeuralStyleError as error:
            yield replace(painted, error=error)
        except Exception as error:  # noqa: BLE001 (as above)
            yield replace(painted, error=NeuralStyleError(f"{path} cannot be saved: {error}."))
        else:
            yield replace(painted, path=path)


def _for_file(image: NDArray[Any]) -> NDArray[Any]:
    """Return a result as a file can hold it: integers of more than 8 bits as 16, others as 8."""
    white = white_of(image)
    rgb, alpha = to_rgb(image, white=white)
    dtype = np.uint16 if white is not None and white > 255 else np.uint8
    if alpha is not None:
        alpha = from_rgb(to_rgb(alpha, white=white)[0], dtype)[..., 0]
    return from_rgb(rgb, dtype, alpha)
