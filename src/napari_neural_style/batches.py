"""Many contents in one style: a folder, a list or a stack, here or on a cluster."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PIL import Image

from napari_neural_style.api import paint
from napari_neural_style.errors import ImageError, NeuralStyleError
from napari_neural_style.pictures.files import check_writable, read_image, write_image
from napari_neural_style.pictures.images import from_rgb, to_rgb
from napari_neural_style.pictures.loading import loaded
from napari_neural_style.settings import check_setting_names
from napari_neural_style.tasks.request import Request

if TYPE_CHECKING:
    from distributed import Client

__all__ = ["Painted", "stylize_many"]


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
    """

    index: int
    name: str
    image: NDArray[Any] | None = field(default=None, repr=False)
    error: NeuralStyleError | None = None
    path: Path | None = None
    seconds: float = 0.0


def stylize_many(
    contents: str | Path | Iterable[Any] | ArrayLike,
    style: str | Path | ArrayLike,
    *,
    output: str | Path | None = None,
    client: Client | None = None,
    preset: str = "balanced",
    **settings: Any,
) -> Iterator[Painted]:
    """Paint many contents in one style; yield each as it is done.

    An item that fails is yielded with its error, and the rest go on. What is not asked for any
    more, because the caller stops iterating, is not painted.

    Parameters
    ----------
    contents : path, list of paths or arrays, or array of shape (n, H, W), (n, H, W, 3 or 4)
        A folder stands for the image files in it, by name. Of a dask array, one slice is computed
        at a time.
    style : path or array
    output : path, optional
        A folder, made if it is not there, in which each result is saved as a PNG file of its
        content's name, in place of any that is there already; but never in place of an image that
        goes in.
    client : distributed.Client, optional
        Paints on a cluster, one item at a time on each worker; every worker process starts an
        engine of its own. The package must be installed there. Items come in the order in which
        they are done. Without it they are painted here, in their own order.
    preset : str
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
    check_setting_names(settings)
    # Says what is wrong with the settings now, and once.
    request = Request.of(None, preset=preset, **settings)
    items = list(_items(contents))
    painting = read_image(Path(style)) if isinstance(style, str | Path) else loaded(style, "style")
    to_rgb(painting, "style")
    folder = None if output is None else Path(output)
    if folder:
        _check_targets(items, style, folder)
        with contextlib.suppress(OSError):  # The next line says what is wrong.
            folder.mkdir(parents=True, exist_ok=True)
        check_writable(folder / "painted.png")
    done: Iterator[Painted]
    if client is None:
        done = (_paint(item, painting, request) for item in items)
    else:
        done = _there(items, painting, request, client)
    return _saved(done, folder)


@dataclass(frozen=True)
class _Item:
    index: int
    name: str
    source: Any  # a path, or an array that may be lazy


def _items(contents: Any) -> Iterator[_Item]:
    if isinstance(contents, str | Path):
        folder = Path(contents)
        if not folder.is_dir():
            raise ImageError(f"There is no folder {folder}: check the path.")
        endings = Image.registered_extensions()
        contents = sorted(path for path in folder.iterdir() if path.suffix.lower() in endings)
        if not contents:
            raise ImageError(f"There are no image files in {folder}.")
    if (shape := np.shape(contents) if hasattr(contents, "shape") else ()) and (
        len(shape) < 3 or (len(shape) == 3 and shape[-1] in (3, 4))
    ):
        raise ImageError(f"An array of the shape {shape} is one image: put it into a list.")
    for index, source in enumerate(contents):
        if isinstance(source, str | Path):
            yield _Item(index, Path(source).stem, Path(source))
        else:
            yield _Item(index, f"{index:04}", source)


def _target(folder: Path, name: str) -> Path:
    return folder / f"{name}.png"


def _check_targets(items: list[_Item], style: Any, folder: Path) -> None:
    """Refuse to save a result over an image that goes in, or over another result."""
    paths = [item.source for item in items if isinstance(item.source, Path)]
    if isinstance(style, str | Path):
        paths.append(Path(style))
    inputs = {identity for path in paths if (identity := _identity(path))}
    taken: dict[str, _Item] = {}
    for item in items:
        target = _target(folder, item.name)
        if _identity(target) in inputs:
            raise ImageError(
                f"{target} is one of the images that are painted from, and a result would be saved "
                f"over it: give another folder as output."
            )
        # On many disks Photo.png and photo.png are one file.
        other = taken.setdefault(target.name.casefold(), item)
        if other is not item:
            raise ImageError(
                f"{_title(other)} and {_title(item)} would both be saved as {target}: rename one "
                f"of them, or paint them into two folders."
            )


def _identity(path: Path) -> tuple[int, int] | None:
    """Return what is the same for all names of a file; None if there is none."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _title(item: _Item) -> str:
    return str(item.source) if isinstance(item.source, Path) else f"Item {item.index}"


def _paint(item: _Item, style: NDArray[Any], request: Request) -> Painted:
    """Paint one item, in whichever process this runs."""
    start = time.perf_counter()
    try:
        source = item.source
        content = (
            read_image(source) if isinstance(source, Path) else loaded(source, f"item {item.index}")
        )
        image = paint(request.replace(content=content, styles=style))
    except NeuralStyleError as error:
        return Painted(item.index, item.name, error=error.with_traceback(None))
    return Painted(item.index, item.name, image, seconds=time.perf_counter() - start)


def _there(
    items: list[_Item], style: NDArray[Any], request: Request, client: Client
) -> Iterator[Painted]:
    from distributed import as_completed

    scattered = client.scatter(style, broadcast=True)  # type: ignore[no-untyped-call]
    futures: dict[Any, _Item] = {
        client.submit(_paint, item, scattered, request, pure=False): item for item in items
    }
    try:
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
        path = _target(folder, painted.name)
        try:
            write_image(path, _bytes(painted.image))
        except ImageError as error:
            yield replace(painted, error=error)
        else:
            yield replace(painted, path=path)


def _bytes(image: NDArray[Any]) -> NDArray[np.uint8]:
    rgb, alpha = to_rgb(image)
    if alpha is not None:
        alpha = from_rgb(to_rgb(alpha)[0], np.uint8)[..., 0]
    return from_rgb(rgb, np.uint8, alpha)
