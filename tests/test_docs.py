"""The guide says what is so: its pages, tables, code and quoted messages against the sources."""

from __future__ import annotations

import ast
import importlib.util
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

import napari_neural_style
from napari_neural_style import PRESETS, stylize, stylize_layers, stylize_many
from napari_neural_style.errors import NeuralStyleError
from napari_neural_style.settings import Settings, setting_names

ROOT = Path(__file__).parents[1]
PAGES = sorted((ROOT / "docs").glob("*.md"))
SOURCE = Path(napari_neural_style.__file__).parent
CALLS = {
    "stylize": stylize,
    "stylize_layers": stylize_layers,
    "stylize_many": stylize_many,
    "Settings": Settings,
}


def _text(page: str) -> str:
    return (ROOT / "docs" / page).read_text("utf-8")


def _code() -> Iterator[tuple[str, str]]:
    for page in [*PAGES, ROOT / "README.md"]:
        for block in re.findall(r"^```python\n(.*?)^```", page.read_text("utf-8"), re.S | re.M):
            yield page.name, block


@pytest.fixture(scope="module")
def tables() -> ModuleType:
    """The hook that makes the tables, as MkDocs loads it."""
    spec = importlib.util.spec_from_file_location("tables", ROOT / "docs" / "tables.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_page_is_in_the_navigation() -> None:
    # As text: the file may hold tags of MkDocs' own.
    navigation = (ROOT / "mkdocs.yml").read_text("utf-8")
    for page in PAGES:
        assert re.search(rf": {re.escape(page.name)}$", navigation, re.M), page.name


def test_the_table_has_every_setting_and_what_the_widget_calls_it(tables: ModuleType) -> None:
    page = _text("controls.md")
    for name in setting_names():
        assert f"| `{name}` |" in page
    for name in ("style_strength", "features", "weights", "mask_softness"):
        assert re.search(rf"\| `{name}` \| \w", page), "its title in the widget"
    for name, preset in PRESETS.items():
        assert f"| `{name}` | {preset.description} |" in page
    assert tables.on_page_markdown(page) == page, "python docs/tables.py brings it up to date"


def test_a_bar_in_a_text_does_not_break_the_table(tables: ModuleType) -> None:
    assert tables._table(("a",), [("x|y",)]) == "| a |\n| --- |\n| x&#124;y |"


@pytest.mark.parametrize(("page", "block"), list(_code()))
def test_code_has_names_and_keywords_that_exist(page: str, block: str) -> None:
    for node in ast.walk(ast.parse(block)):
        if isinstance(node, ast.ImportFrom) and node.module.startswith("napari_neural_style"):
            module = importlib.import_module(node.module)
            for alias in node.names:
                assert hasattr(module, alias.name), f"{page}: {node.module}.{alias.name}"
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in CALLS:
            function = CALLS[node.func.id]
            known = {*inspect.signature(function).parameters, *setting_names()}
            given = {keyword.arg for keyword in node.keywords if keyword.arg}
            assert given <= known, f"{page}: {node.func.id}({', '.join(given - known)})"


def _messages() -> str:
    """Return all texts of the package, with an ellipsis for whatever is filled in."""
    texts = []
    for file in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.JoinedStr):
                texts.append(
                    "".join(
                        str(part.value) if isinstance(part, ast.Constant) else "..."
                        for part in node.values
                    )
                )
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                texts.append(node.value)
    return "\n".join(texts)


@pytest.mark.parametrize("page", ["weights.md", "troubleshooting.md"])
def test_quoted_messages_are_those_of_the_package(page: str) -> None:
    # In the tables, the column of what the user sees.
    messages = _messages()
    quoted = [
        words
        for row in re.findall(r"^\| .+ \|$", _text(page), re.M)
        for words in re.findall(r'"([^"]{20,})"', row)
    ]
    assert len(quoted) > 10
    for words in quoted:
        for part in filter(None, (part.strip(" .:'();") for part in words.split("..."))):
            assert part in messages, f"{page} quotes {part!r}"


def test_errors_of_the_reference_are_all_there_are() -> None:
    kinds = {kind.__name__ for kind in NeuralStyleError.__subclasses__()}
    assert kinds <= set(re.findall(r"^class (\w+)", (SOURCE / "errors.py").read_text(), re.M))
    assert "::: napari_neural_style.errors" in _text("api.md")
