"""Take a picture of the Looks dock while a look is being learnt.

xvfb-run -a -s "-screen 0 1366x768x24" python docs/make_learning_picture.py
"""

from __future__ import annotations

import own_profile  # noqa: F401 (napari reads it)

# isort: split
from PIL import Image
from qtpy.QtTest import QTest
from sample_window import asked_output, sample_window
from waiting import until

from napari_neural_style._qt.looks import looks_widget

#: Steps of the learning after which the picture is taken.
_SHOWN = 120


def main() -> None:
    """Paint a result, learn its look, and take the picture while that goes on."""
    output = asked_output(__doc__.splitlines()[0])
    viewer, dock = sample_window()
    run = dock.run()
    until(lambda: run.over)
    looks = looks_widget(viewer)
    viewer.layers.selection.active = run.layer
    looks.learn_button.click()
    learning = looks.learning.run
    assert learning is not None
    until(lambda: learning.progress and learning.progress.step >= _SHOWN)
    QTest.qWait(500)
    pixels = viewer.screenshot(canvas_only=False, flash=False)[..., :3]
    Image.fromarray(pixels).save(output / "learning_window.jpg", quality=86)
    looks.learning.cancel_button.click()
    until(lambda: learning.over)
    QTest.qWait(500)
    print(learning.look)
    viewer.close()


if __name__ == "__main__":
    main()
