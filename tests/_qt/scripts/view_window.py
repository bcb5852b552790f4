"""What napari's canvas shows of several layers, beside what `View` makes of them.

Run in a process of its own, under an X server: ``python view_window.py FILE.npz``.
"""

from __future__ import annotations

import sys

import napari
import numpy as np
from qtpy.QtTest import QTest

from napari_neural_style.viewing.planes import Sliders
from napari_neural_style.viewing.views import View

HEIGHT, WIDTH = 48, 64
RNG = np.random.default_rng(4)


def _smooth(channels: int | None = None) -> np.ndarray:
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH] / WIDTH
    waves = [
        0.5 + 0.5 * np.sin(a * x + b * y + c) for a, b, c in RNG.uniform(2, 12, (channels or 1, 3))
    ]
    return np.stack(waves, axis=-1) if channels else waves[0]


GREY = {"contrast_limits": (0, 1)}
GLASS = (255 * np.concatenate([_smooth(3), _smooth(1)], axis=-1)).astype(np.uint8)
SCENES = {
    "two additive channels": [
        (_smooth(), {**GREY, "colormap": "green", "blending": "additive"}),
        (_smooth(), {**GREY, "colormap": "magenta", "blending": "additive", "opacity": 0.7}),
    ],
    "translucent over contrast and gamma": [
        (_smooth(), {"contrast_limits": (0.2, 0.7), "gamma": 0.6, "colormap": "viridis"}),
        (_smooth(3), {"rgb": True, "opacity": 0.35, "contrast_limits": (0.1, 0.8), "gamma": 1.4}),
    ],
    "minimum": [
        (_smooth(), {**GREY, "colormap": "I Forest", "blending": "minimum"}),
        (_smooth(), {**GREY, "colormap": "I Purple", "blending": "minimum"}),
    ],
    "multiplicative over glass": [
        (GLASS, {"rgb": True}),
        (_smooth(), {**GREY, "colormap": "red", "blending": "multiplicative"}),
    ],
    "additive over opaque glass": [
        (_smooth(), {**GREY, "colormap": "blue"}),
        (GLASS, {"rgb": True, "blending": "opaque"}),
        (_smooth(), {**GREY, "colormap": "red", "blending": "additive"}),
    ],
    "wide integers": [
        ((60_000 * _smooth()).astype(np.uint16), {"contrast_limits": (5000, 40_000)}),
        ((900 * _smooth(3)).astype(np.int16), {"rgb": True, "blending": "additive"}),
    ],
}


def main() -> None:
    viewer = napari.Viewer()
    viewer.window._qt_window.setGeometry(0, 0, 700, 500)
    viewer.canvas.background_color_override = (0.1, 0.2, 0.3, 1)
    QTest.qWait(300)
    seen = {}
    for name, layers in SCENES.items():
        viewer.layers.clear()
        for pixels, options in layers:
            viewer.add_image(pixels, **options)
        QTest.qWait(200)
        # One pixel of the picture for each of the data, drawn by the canvas.
        canvas = viewer.export_figure(flash=False)[..., :3]
        seen[f"{name}/canvas"] = canvas
        seen[f"{name}/ours"] = View.of(viewer).read_at(Sliders.of(viewer))[0]
    np.savez(sys.argv[1], **seen)
    viewer.close()


if __name__ == "__main__":
    main()
