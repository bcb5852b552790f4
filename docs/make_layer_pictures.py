"""Paint the pictures of masks, channels, placement, colours and films, in a real napari window.

python docs/make_layer_pictures.py                        # all of them, into docs/pictures
python docs/make_layer_pictures.py masks film             # some of them
xvfb-run -s "-screen 0 1366x768x24" python docs/make_layer_pictures.py    # without a screen
"""

from __future__ import annotations

import own_profile  # noqa: F401 (napari reads it)

# isort: split
import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import napari
import numpy as np
from numpy.typing import NDArray
from PIL import Image
from qtpy.QtTest import QTest
from scipy.ndimage import gaussian_filter
from skimage.color import label2rgb
from skimage.data import binary_blobs

from napari_neural_style import stylize_layers
from napari_neural_style._qt.widget import NeuralStyleWidget
from napari_neural_style.pictures.contact_sheet import contact_sheet
from napari_neural_style.pictures.images import fit, from_rgb, resize, to_rgb
from napari_neural_style.presets.catalogue import settings as preset_settings
from napari_neural_style.sample_data import load

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))

_SIDE = 288


def main() -> None:
    """Paint the pictures that are asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pictures", nargs="*", metavar="PICTURE", help=", ".join(PICTURES))
    parser.add_argument("--output", type=Path, default=Path(__file__).parent / "pictures")
    parser.add_argument("--preset", default="balanced")
    parser.add_argument("--features", default="builtin", help="needs no download")
    parser.add_argument("--size", type=int, default=_SIDE)
    parser.add_argument("--steps", type=int, help="instead of the preset's")
    given = parser.parse_args()
    given.output.mkdir(exist_ok=True)
    chosen = {"preset": given.preset, "features": given.features, "size": given.size}
    if given.steps:
        chosen["steps"] = given.steps
    for name in given.pictures or PICTURES:
        PICTURES[name](given.output, chosen)
        print(name, flush=True)


def masks(folder: Path, settings: dict[str, Any]) -> None:
    """Paint two regions of a mask, each in a style that is chosen in the table of the dock."""
    viewer, dock = _window(settings)
    photo = viewer.add_image(_sample("harbour_town"), name="harbour town")
    night = viewer.add_image(_sample("swirling_night"), name="swirling night", visible=False)
    mosaic = viewer.add_image(_sample("mosaic"), name="mosaic", visible=False)
    dock.content_combo.value, dock.style_combo.value = photo, night
    where = dock.where.open()
    dock.form.setCurrentIndex(2)
    where.new_button.click()
    mask = where.content_mask.value
    rows, columns = np.indices(mask.data.shape) / mask.data.shape[1]
    horizon = 0.3 + 0.03 * np.sin(7 * columns)
    mask.data = np.where(rows < horizon - 0.02, 1, np.where(rows > horizon + 0.02, 2, 0))
    where.table.update_rows()
    where.table.combos[2].value = mosaic
    QTest.qWait(500)
    mask.mode = "pan_zoom"
    _screenshot(viewer, folder / "masks_window.jpg")
    result = dock.run().wait().layer
    mask.visible = False
    _screenshot(viewer, folder / "masks_result_window.jpg")
    colours = [mask.get_color(label)[:3] for label in (1, 2)]
    over = label2rgb(mask.data, photo.data, colors=colours, alpha=0.5, bg_label=0)
    cells = [
        (np.clip(over, 0, 1), "the mask"),
        (night.data, "the style of label 1"),
        (mosaic.data, "the style of label 2"),
        (result.data, "the result"),
    ]
    _save(contact_sheet(cells, columns=2, cell=_SIDE), folder / "masks_two_styles.jpg")
    viewer.close()


def strength(folder: Path, settings: dict[str, Any]) -> None:
    """Paint with a mask that says how strongly, whose levels are painted with the brush."""
    viewer, dock = _window(settings)
    photo = viewer.add_image(_sample("harbour_town"), name="harbour town")
    night = viewer.add_image(_sample("swirling_night"), name="swirling night", visible=False)
    dock.content_combo.value, dock.style_combo.value = photo, night
    everywhere = dock.run().wait().layer
    everywhere.visible = False
    where = dock.where.open()
    dock.form.setCurrentIndex(2)
    where.new_button.click()
    mask = where.content_mask.value
    where.levels.value = 100
    columns = np.indices(mask.data.shape)[1] / mask.data.shape[1]
    mask.data = np.rint(100 * np.clip(1.15 * columns - 0.1, 0, 1)).astype(int)
    where.brush.slider.setValue(60)
    QTest.qWait(500)
    mask.mode = "pan_zoom"
    _screenshot(viewer, folder / "masks_strength_window.jpg")
    result = dock.run().wait().layer
    cells = [
        (photo.data, "the content"),
        (mask.data / 100, "the mask"),
        (everywhere.data, "painted without it"),
        (result.data, "painted with it"),
    ]
    _save(contact_sheet(cells, columns=2, cell=_SIDE), folder / "masks_strength.jpg")
    viewer.close()


def channels(folder: Path, settings: dict[str, Any]) -> None:
    """Paint two fluorescence channels, blended as displayed."""
    viewer, dock = _window(settings)
    nuclei, membranes = _cells()
    glass = _sample("stained_glass")
    pixel = {"scale": (0.2, 0.2), "units": "um"}
    style = viewer.add_image(glass, name="stained glass", visible=False, **pixel)
    looks = {"blending": "additive", "contrast_limits": (0, 4095), **pixel}
    viewer.add_image(nuclei, name="nuclei", colormap="cyan", **looks)
    viewer.add_image(membranes, name="membranes", colormap="magenta", **looks)
    viewer.reset_view()
    dock.content_combo.value, dock.style_combo.value = "view", style
    dock.run().wait()
    _screenshot(viewer, folder / "channels_window.jpg")
    viewer.close()


def placement(folder: Path, settings: dict[str, Any]) -> None:
    """Paint half of a layer that is turned, stretched and sheared: its lines go on."""
    viewer, dock = _window(settings)
    style = viewer.add_image(_sample("swirling_night"), name="swirling night", visible=False)
    photo = viewer.add_image(
        _sample("coffee"), name="coffee", rotate=25, scale=(2, 1.5), shear=[0.2], translate=(9, 40)
    )
    viewer.reset_view()
    dock.content_combo.value, dock.style_combo.value = photo, style
    half = np.zeros(photo.data.shape[:2], bool)
    half[:, half.shape[1] // 2 :] = True
    stylize_layers(
        viewer, photo, style, content_mask=half, mask_softness=0, name="right half", **settings
    ).wait()
    photo.visible = True
    _screenshot(viewer, folder / "placement_window.jpg")
    viewer.close()


def colours(folder: Path, settings: dict[str, Any]) -> None:
    """Paint a photograph in the colours of the style, and in its own."""
    viewer, _ = _window(settings)
    viewer.add_image(_sample("astronaut"), name="astronaut")
    viewer.add_image(_sample("stained_glass"), name="stained glass")
    cells = [(layer.data, layer.name) for layer in viewer.layers]
    for color in ("style", "content", "luminance"):
        run = stylize_layers(viewer, "astronaut", "stained glass", color=color, **settings)
        cells.append((run.wait().layer.data, f"color={color!r}"))
    half = stylize_layers(
        viewer, "astronaut", "stained glass", color="content", color_strength=0.5, **settings
    )
    cells.append((half.wait().layer.data, "color='content', color_strength=0.5"))
    _save(contact_sheet(cells, columns=3, cell=_SIDE), folder / "colours.jpg")
    viewer.close()


def film(folder: Path, settings: dict[str, Any]) -> None:
    """Paint a film whose true motion is known; write the figure of its flicker beside it."""
    import flicker

    side, count = min(settings["size"], 224), 4
    frames, cameras = flicker.film(to_rgb(_sample("astronaut"))[0], count, side)
    style = to_rgb(_sample("swirling_night"))[0]
    cells = _film_cells(frames, "the film", flicker.flicker(frames, cameras))
    for title, consistency in (("frame by frame", 0.0), ("temporal_consistency=1", 1.0)):
        painted = flicker.paint(
            frames, style, temporal_consistency=consistency, **{**settings, "size": side}
        )
        cells += _film_cells(painted, title, flicker.flicker(painted, cameras))
    _save(contact_sheet(cells, columns=count, cell=200), folder / "film.jpg")


def _film_cells(frames: NDArray[Any], title: str, figure: float) -> list[tuple[Any, str]]:
    captions = [f"{title}\nflicker {figure:.4f}", *(f"frame {k}" for k in range(1, len(frames)))]
    return list(zip(frames, captions, strict=True))


PICTURES: dict[str, Callable[[Path, dict[str, Any]], None]] = {
    "masks": masks,
    "strength": strength,
    "channels": channels,
    "placement": placement,
    "colours": colours,
    "film": film,
}


def _window(settings: dict[str, Any]) -> tuple[napari.Viewer, NeuralStyleWidget]:
    viewer = napari.Viewer()
    viewer.window._qt_window.setGeometry(0, 0, 1366, 768)
    _, dock = viewer.window.add_plugin_dock_widget("napari-neural-style", "Style transfer")
    dock.form.settings = preset_settings(**settings)
    QTest.qWait(300)
    return viewer, dock


def _sample(key: str) -> NDArray[np.uint8]:
    rgb = to_rgb(load(key))[0]
    return from_rgb(resize(rgb, fit(rgb.shape, _SIDE)), np.uint8)


def _cells() -> tuple[NDArray[np.uint16], NDArray[np.uint16]]:
    """Return two channels of 12 bits as a confocal microscope gives them: nuclei, and membranes."""
    noise = np.random.default_rng(3)
    shape = (_SIDE, _SIDE)
    field = gaussian_filter(noise.normal(size=shape), 11)
    field /= np.abs(field).max()
    membranes = np.exp(-((field / 0.035) ** 2)) * gaussian_filter(noise.uniform(0.4, 1.6, shape), 6)
    spots = binary_blobs(_SIDE, blob_size_fraction=0.07, volume_fraction=0.28, rng=5)
    nuclei = gaussian_filter(spots.astype(float), 2.0) * (
        0.6 + 2.5 * gaussian_filter(noise.normal(size=shape), 3)
    )
    found = []
    for channel in (nuclei, membranes):
        light = 3300 * np.clip(channel / np.percentile(channel, 99.7), 0, 1.1)
        found.append(np.clip(noise.poisson(light / 9 + 9) * 9.0, 0, 4095).astype(np.uint16))
    return found[0], found[1]


def _screenshot(viewer: napari.Viewer, path: Path) -> None:
    QTest.qWait(500)
    _save(viewer.screenshot(canvas_only=False, flash=False)[..., :3], path)


def _save(pixels: NDArray[np.uint8], path: Path) -> None:
    Image.fromarray(pixels).save(path, quality=86)


if __name__ == "__main__":
    main()
