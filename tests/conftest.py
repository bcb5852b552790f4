"""Shared fixtures, and the fences: no user profile, no network, no GPU."""

from __future__ import annotations

import gc
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

# Before numpy, Keras, napari or anything of ours is imported: they read these on import, and the
# processes that tests start inherit them.
_HERE = Path(__file__).parent
_PROFILE = Path(tempfile.mkdtemp(prefix="neural-style-tests-"))
_FENCES = {
    "HOME": _PROFILE,
    "USERPROFILE": _PROFILE,
    "XDG_CACHE_HOME": _PROFILE / "cache",
    "XDG_CONFIG_HOME": _PROFILE / "config",
    "XDG_DATA_HOME": _PROFILE / "data",
    "XDG_STATE_HOME": _PROFILE / "state",
    "KERAS_HOME": _PROFILE / "keras",
    # In memory: each viewer would write the file five times.
    "NAPARI_CONFIG": "",
    # What numba compiles, in each process anew, is done before that has ended.
    "NAPARI_COLORMAP_BACKEND": "pure_python",
    "NAPARI_TRIANGULATION_BACKEND": "pure_python",
    "CUDA_VISIBLE_DEVICES": "-1",
    # On a busy machine, OpenBLAS's threads spin against each other for half a minute.
    "OPENBLAS_NUM_THREADS": "1",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    # Nobody listens on port 9: whatever wants to leave this machine is refused at once.
    "HTTP_PROXY": "http://127.0.0.1:9",
    "HTTPS_PROXY": "http://127.0.0.1:9",
    "http_proxy": "http://127.0.0.1:9",
    "https_proxy": "http://127.0.0.1:9",
    "NO_PROXY": "127.0.0.1,localhost",
    "no_proxy": "127.0.0.1,localhost",
}
os.environ.update({name: str(value) for name, value in _FENCES.items()})
# What a shell starts in the background, or under nohup, ignores some signals, and so does all that
# it starts in turn; the programs that tests interrupt shall hear them.
for _name, _handler in {"SIGINT": signal.default_int_handler, "SIGHUP": signal.SIG_DFL}.items():
    if (_number := getattr(signal, _name, None)) and signal.getsignal(_number) is signal.SIG_IGN:
        signal.signal(_number, _handler)
# Dozens of processes are started: without its bytecode, TensorFlow takes each ten seconds to import
# instead of three, and napari four instead of one and a half.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np  # noqa: E402
import pytest  # noqa: E402
from hypothesis import Phase  # noqa: E402
from hypothesis import settings as hypothesis_settings  # noqa: E402
from numpy.typing import NDArray  # noqa: E402

# No deadline: these machines are shared. No database: a run leaves nothing behind. No phase that
# explains a failure: it traces every line, and what failed in a second ends in a timeout.
hypothesis_settings.register_profile(
    "suite",
    deadline=None,
    database=None,
    derandomize=True,
    max_examples=30,
    phases=(Phase.explicit, Phase.generate, Phase.shrink),
)
hypothesis_settings.load_profile("suite")

_POPEN = subprocess.Popen
_PREFORK = _HERE.parent / "benchmarks" / "prefork.py"
_STARTED: list[bool] = []
Picture = Callable[..., NDArray[np.float32]]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--quick", action="store_true", help="what covers the core in a minute")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    if not config.getoption("--quick") or not collection_path.name.startswith("test_"):
        return None
    from quick_files import QUICK_FILES

    return collection_path.relative_to(_HERE).as_posix() not in QUICK_FILES or None


def pytest_configure(config: pytest.Config) -> None:
    # Whole files go to the workers: those that take long first.
    config.option.loadscopereorder = False


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[Any]:
    """What is imported is no garbage: nobody looks for any in it, now or between the tests."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        # Graphs and windows are thousands of objects, of which few are garbage.
        gc.set_threshold(5000, 20, 10)
        gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    from long_files import LONG_FILES

    order = {_HERE / name: place for place, name in enumerate(LONG_FILES)}
    items.sort(key=lambda item: order.get(item.path, len(order)))


def pytest_unconfigure() -> None:
    shutil.rmtree(_PROFILE, ignore_errors=True)


@pytest.fixture(scope="session", autouse=True)
def _engines_are_forked() -> Iterator[None]:
    """Most of an engine's start is the import of TensorFlow: one process does that for all."""
    from napari_neural_style.process.child import Child

    start = Child.__init__
    with ExitStack() as stack, pytest.MonkeyPatch.context() as patch:

        def start_(child: Child) -> None:
            if subprocess.Popen is _POPEN and not _STARTED:
                # Not by its folder, where there are modules of the names of others.
                module = importlib.util.spec_from_file_location("prefork", _PREFORK)
                sys.modules["prefork"] = importlib.util.module_from_spec(module)
                module.loader.exec_module(sys.modules["prefork"])
                stack.enter_context(sys.modules["prefork"].prefork())
            start(child)

        patch.setattr(Child, "__init__", start_)
        yield


@pytest.fixture(scope="module")
def engines_are_started() -> Iterator[None]:
    """Each engine of this module starts as it does for a user."""
    _STARTED.append(True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(subprocess, "Popen", _POPEN)
        yield
    _STARTED.clear()


@pytest.fixture
def keras_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty Keras cache of this test's own."""
    home = tmp_path / "keras"
    monkeypatch.setenv("KERAS_HOME", str(home))
    return home


@pytest.fixture
def without_qt(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever other tests have done before: here nobody has started a Qt application."""
    monkeypatch.delitem(sys.modules, "qtpy.QtWidgets", raising=False)


@pytest.fixture
def looked_at(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The titles of the layers that are read from here on."""
    from napari_neural_style.viewing.sources import Source

    titles: list[str] = []
    look = Source.look

    def look_(source: Source, *args: Any, **options: Any) -> Any:
        titles.append(source.title)
        return look(source, *args, **options)

    monkeypatch.setattr(Source, "look", look_)
    return titles


@pytest.fixture(scope="session")
def picture() -> Picture:
    """A function that paints a smooth, colourful picture with some grain: ``picture(h, w, seed)``.

    Sums of waves, as different for every seed as a photograph is from a painting.
    """

    def paint(height: int, width: int, seed: int = 0, grain: float = 0.05) -> NDArray[np.float32]:
        rng = np.random.default_rng(seed)
        y, x = np.mgrid[0:height, 0:width] / max(height, width)
        image = np.zeros((height, width, 3))
        for _ in range(6):
            fy, fx = rng.normal(0, 12, 2)
            wave = np.sin(fy * y + fx * x + rng.uniform(0, 2 * np.pi))
            image += wave[..., np.newaxis] * rng.normal(0, 0.12, 3)
        image += rng.uniform(0.3, 0.7, 3) + rng.normal(0, grain, image.shape)
        return np.clip(image, 0, 1).astype(np.float32)

    return paint
