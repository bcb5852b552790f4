"""What the package promises as a whole: light to import, TensorFlow in one room, documented."""

from __future__ import annotations

import ast
import dataclasses
import inspect
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import napari_neural_style

PACKAGE = "napari_neural_style"
SOURCE = Path(napari_neural_style.__file__).parent
# Outside their rooms, nobody may import these, not even inside a function.
CONFINED = {"tensorflow": "engine", "keras": "engine", "h5py": "engine"}
WITH_A_WINDOW = {
    Path("__main__.py"),
    Path("running/napari_worker.py"),
    Path("running/qt_workers.py"),
}
#: The rooms from the ground up: a room imports those below it, and none above.
ROOMS = (
    # What everybody may know: plain values, words, locks.
    "errors",
    "locks",
    "forks",
    "console",
    "endings",
    "arithmetic_mode",
    "safe_files",
    "one_line",
    "file_faults",
    "plain_values",
    "preferences",
    "feature_layers",
    "wording",
    "control",
    "progress",
    "setting_fields",
    "settings",
    "pyramid",
    "look_network",
    "learn_job",
    "job",
    # What extensions can bring; arrays and files; what a run costs; records; the engine, alone and
    # in its process.
    "hooks",
    "pictures",
    "costs",
    "records",
    "engine",
    "process",
    "looks",
    "films",
    # A viewer's layers; recipes; what was asked; runs; what is kept of them.
    "viewing",
    "presets",
    "tasks",
    "estimating",
    "running",
    "histories",
    # Where all of it comes together, and what is made with that.
    "api",
    "printing",
    "learn_pairs",
    "learning",
    "lazy_painting",
    "level_files",
    "following",
    "film_files",
    "film_stages",
    "film_painting",
    "reproduction",
    "enlarging",
    "batch_items",
    "batches",
    "headless",
    "headless_film",
    "comparing",
    "retouching",
    "variations",
    "commands",
    "sample_data",
    "command_requests",
    "display",
    "_qt",
    "__main__",
    "__init__",
)


def _loaded_after(statement: str) -> set[str]:
    """Return the top-level modules that a fresh interpreter has loaded after `statement`."""
    program = f"{statement}\nimport json, sys\nprint(json.dumps(sorted(sys.modules)))"
    output = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    ).stdout
    return {name.partition(".")[0] for name in json.loads(output.splitlines()[-1])}


def test_importing_the_package_loads_nothing_heavy() -> None:
    loaded = _loaded_after("import napari_neural_style")
    heavy = {"tensorflow", "keras", "napari", "numpy", "qtpy", "PyQt6", "PySide6", "PIL", "skimage"}
    assert not loaded & heavy
    assert "napari_neural_style" in loaded


@pytest.mark.parametrize(
    "statement",
    [
        "from napari_neural_style import Settings, PRESETS, NeuralStyleError",
        "from napari_neural_style import stylize, stylize_layers, StyleRun",
        "import napari_neural_style.viewing.layers, napari_neural_style.headless",
        "import napari_neural_style.process, napari_neural_style.sample_data",
        "import napari_neural_style.__main__, napari_neural_style.display",
        "import napari_neural_style.commands",
    ],
)
def test_nothing_but_the_engine_loads_tensorflow_and_nothing_but_the_widget_qt(
    statement: str,
) -> None:
    loaded = _loaded_after(statement)
    assert not loaded & {"tensorflow", "keras", "qtpy", "PyQt6", "PySide6"}


def test_the_version_is_that_of_the_installed_package() -> None:
    from importlib.metadata import version

    assert napari_neural_style.__version__ == version("napari-neural-style")


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="stylise"):
        napari_neural_style.stylise  # noqa: B018


def test_all_public_names_resolve_and_are_listed() -> None:
    for name in napari_neural_style.__all__:
        assert getattr(napari_neural_style, name) is not None
        assert name in dir(napari_neural_style)


@cache
def _modules() -> list[tuple[Path, ast.Module]]:
    files = sorted(SOURCE.rglob("*.py"))
    assert len(files) > 20
    return [(file.relative_to(SOURCE), ast.parse(file.read_text("utf-8"))) for file in files]


def _imports(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


def test_each_heavy_library_is_imported_in_its_own_room_only() -> None:
    seen = set()
    for path, tree in _modules():
        for name in _imports(tree):
            library = name.partition(".")[0]
            room = CONFINED.get(library)
            assert room is None or path.parts[0] == room, f"{path} imports {name}"
            seen.add(library)
            if library in ("qtpy", "superqt", "magicgui") or name.startswith("napari.qt"):
                # The command line opens the window, and the driver of runs in a window needs one;
                # that neither loads Qt before is tested above.
                assert path.parts[0] == "_qt" or path in WITH_A_WINDOW, f"{path} imports {name}"
            if path.parts[0] == "engine":
                assert library not in ("napari", "qtpy"), f"{path} imports {name}"
    assert {"tensorflow", "qtpy", "h5py"} <= seen, "the scan must see what there is to see"


def test_only_the_engine_process_loads_the_engine() -> None:
    for path, tree in _modules():
        if path.parts[0] != "engine" and path != Path("process/server.py"):
            for name in _imports(tree):
                assert not name.startswith("napari_neural_style.engine"), f"{path} imports {name}"


@cache
def _edges() -> dict[str, set[str]]:
    """Return which modules each module imports, for types and inside functions too."""
    names = {".".join(path.with_suffix("").parts): tree for path, tree in _modules()}
    edges: dict[str, set[str]] = {name: set() for name in names}
    for name, tree in names.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(PACKAGE):
                base = (node.module or "").removeprefix(PACKAGE).removeprefix(".")
                for alias in node.names:
                    inner = f"{base}.{alias.name}".removeprefix(".")
                    room = f"{base}.__init__" if f"{base}.__init__" in names else base
                    edges[name].add(inner if inner in names else room or "__init__")
            elif isinstance(node, ast.Import):
                edges[name] |= {
                    alias.name.removeprefix(f"{PACKAGE}.")
                    for alias in node.names
                    if alias.name.startswith(f"{PACKAGE}.")
                }
    return edges


def test_every_arrow_points_down() -> None:
    for module, imported in _edges().items():
        room = module.partition(".")[0]
        for other in imported:
            below = other.partition(".")[0]
            assert ROOMS.index(below) <= ROOMS.index(room), f"{module} imports {other}"


def test_no_modules_import_each_other_in_a_circle() -> None:
    # That of a room's own `__init__` is no circle: it is what the room shows to others.
    edges = {m: {o for o in others if o != m} for m, others in _edges().items()}
    order = TopologicalSorter({m: o for m, o in edges.items() if not m.endswith("__init__")})
    try:
        order.prepare()
    except CycleError as error:
        raise AssertionError(f"a circle: {' -> '.join(error.args[1])}") from error


def _public() -> Iterator[tuple[str, object]]:
    """Yield the public names and the public methods of public classes."""
    for name in napari_neural_style.__all__:
        thing = getattr(napari_neural_style, name)
        if not callable(thing):
            continue
        yield name, thing
        for attribute, member in inspect.getmembers(thing):
            public = not attribute.startswith("_") and attribute in vars(thing)
            if inspect.isclass(thing) and public and callable(member):
                yield f"{name}.{attribute}", member


@pytest.mark.parametrize(("name", "thing"), list(_public()))
def test_public_names_have_numpydoc_docstrings(name: str, thing: object) -> None:
    documentation = inspect.getdoc(thing)
    assert documentation, f"{name} has no docstring"
    first = documentation.splitlines()[0]
    assert first.endswith("."), f"the first line of {name} is no sentence: {first}"
    if inspect.isclass(thing) and (
        dataclasses.is_dataclass(thing)
        or issubclass(thing, Exception)
        or getattr(thing, "_is_protocol", False)
    ):
        return  # fields carry their own help; errors say what they mean; nobody calls a protocol
    parameters = [name for name in inspect.signature(thing).parameters if name != "self"]
    described = _section(documentation, "Parameters")
    if len(parameters) > 1:  # one may be plain from the first sentence
        for parameter in parameters:
            line = rf"^(\*\*|[\w, ]+, )?{parameter}(, [\w, ]+)?( : .*)?$"
            assert re.search(line, described, re.MULTILINE), f"{name}: describe {parameter}"


def _section(documentation: str, title: str) -> str:
    found = re.search(rf"^{title}\n-+\n(.*?)(?=^\w+\n-+\n|\Z)", documentation, re.S | re.M)
    return found[1] if found else ""


def test_every_setting_is_explained_in_a_sentence() -> None:
    from napari_neural_style.presets.catalogue import describe
    from napari_neural_style.settings import setting_names

    for name in setting_names():
        text = describe(name)["help"]
        assert len(text.split()) >= 3, name
        assert text.endswith("."), name
