"""``await run``, and what a notebook shows of a run."""

from __future__ import annotations

import asyncio
import io
import threading
from typing import Any

import numpy as np
import pytest
from napari.components import ViewerModel
from PIL import Image

from napari_neural_style import stylize_layers
from napari_neural_style.errors import EngineFailed
from pretended import PretendedEngine
from quick import PATIENCE, QUICK

pytestmark = pytest.mark.usefixtures("without_qt")

RNG = np.random.default_rng(3)
PHOTO = RNG.integers(0, 256, (20, 30, 3), np.uint8)


@pytest.fixture
def viewer() -> ViewerModel:
    viewer = ViewerModel()
    viewer.add_image(PHOTO, name="<photo> & co", rgb=True)
    viewer.add_image(PHOTO[::-1], name="painting", rgb=True)
    return viewer


@pytest.fixture
def gate() -> threading.Event:
    """The pretended engine stands before its third step until this is set."""
    return threading.Event()


@pytest.fixture
def engine(gate: threading.Event) -> PretendedEngine:
    """An engine that waits for the gate before its third step."""
    steps = iter(range(1000))

    def before(_: int, __: Any) -> None:
        if next(steps) == 2:
            gate.wait(PATIENCE)

    return PretendedEngine(before)


@pytest.fixture
def start(viewer: ViewerModel, engine: PretendedEngine) -> Any:
    def start_(**options: Any) -> Any:
        settings = {**QUICK, "steps": 6, "update_every": 1, **options}
        return stylize_layers(viewer, "<photo> & co", "painting", **settings, engine=engine)

    return start_


def test_a_run_is_awaited_while_other_tasks_go_on(start: Any, gate: threading.Event) -> None:
    async def main() -> tuple[Any, list[int]]:
        run = start()
        seen: list[int] = []
        threads = set()

        def note(progress: Any) -> None:
            seen.append(progress.step)
            threads.add(threading.current_thread())

        run.progressed.connect(note)

        async def live() -> None:
            while len(seen) < 2:
                await asyncio.sleep(0.01)
            assert not run.over, "it waits for this very task"
            gate.set()

        result, _ = await asyncio.wait_for(asyncio.gather(run, live()), PATIENCE)
        assert result is run
        assert threads == {threading.main_thread()}
        assert await run is run, "again, once it is over"
        return run, seen

    run, seen = asyncio.run(main())
    assert run.state == "finished"
    assert seen[-1] == 6
    np.testing.assert_array_equal(run.layer.data, 255 - PHOTO)


def test_a_waiting_task_that_is_cancelled_leaves_the_run_to_itself(
    start: Any, gate: threading.Event
) -> None:
    async def main() -> Any:
        run = start()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(run, 0.2)
        assert not run.over
        gate.set()
        return await run

    assert asyncio.run(main()).state == "finished"


def test_a_failed_run_raises_its_reason_where_it_is_awaited(
    viewer: ViewerModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    def before(_: int, __: Any) -> None:
        raise EngineFailed("The picture is upside down.")

    pretended = PretendedEngine(before)

    async def main() -> None:
        await stylize_layers(viewer, "painting", "painting", **QUICK, engine=pretended)

    with pytest.raises(EngineFailed, match="upside down"):
        asyncio.run(main())


def test_a_cancelled_run_is_over_for_those_who_wait(start: Any, gate: threading.Event) -> None:
    async def main() -> Any:
        run = start()
        asyncio.get_running_loop().call_later(0.1, run.cancel)
        asyncio.get_running_loop().call_later(0.2, gate.set)
        return await run

    assert asyncio.run(main()).state == "cancelled"


def test_the_real_engine_is_awaited_too(viewer: ViewerModel) -> None:
    async def main() -> Any:
        return await stylize_layers(viewer, "painting", "painting", **QUICK)

    assert asyncio.run(main()).progress.step == QUICK["steps"]


def test_a_notebook_shows_the_picture_and_the_facts(start: Any, gate: threading.Event) -> None:
    gate.set()
    run = start(seed=77)
    assert run._repr_png_() is None
    assert "running" in run._repr_html_()
    assert "<img" not in run._repr_html_()
    run.wait(PATIENCE)
    shown = np.asarray(Image.open(io.BytesIO(run._repr_png_())))
    np.testing.assert_array_equal(shown, 255 - PHOTO)
    html = run._repr_html_()
    assert "data:image/png;base64," in html
    for fact in ("finished, step 6 of 6", "seed=77", "pretended on CPU", "balanced"):
        assert fact in html, fact
    assert "&lt;photo&gt; &amp; co" in html
    assert "<photo>" not in html
    assert repr(run).startswith("<StyleRun '<photo> & co in the style of painting': finished")


def test_ipython_makes_a_bundle_of_both(start: Any, gate: threading.Event) -> None:
    formatter = pytest.importorskip("IPython.core.formatters").DisplayFormatter()
    gate.set()
    bundle, _ = formatter.format(start().wait(PATIENCE))
    assert {"text/plain", "text/html", "image/png"} <= set(bundle)


def test_of_a_stack_the_slice_painted_last_is_shown(
    viewer: ViewerModel, start: Any, gate: threading.Event, engine: PretendedEngine
) -> None:
    gate.set()
    start().wait(PATIENCE)
    viewer.add_image(RNG.random((3, 20, 300)), name="stack", contrast_limits=(0, 1))
    run = stylize_layers(
        viewer, "stack", "painting", **{**QUICK, "steps": 1}, slices="all", engine=engine
    )
    run.wait(PATIENCE)
    assert Image.open(io.BytesIO(run._repr_png_())).size == (240, 16)
