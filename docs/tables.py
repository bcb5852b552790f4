"""Tables of the documentation that are made from the package itself, so that they stay true.

What stands between ``<!-- table: NAME -->`` and ``<!-- /table -->`` is the table of that name::

    python docs/tables.py

writes the tables into the pages, where they are read as they stand; as a hook of MkDocs this puts
them in once more.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import napari_neural_style
from napari_neural_style.feature_layers import format_layers
from napari_neural_style.hooks import extensions
from napari_neural_style.hooks.recipes import RECIPES
from napari_neural_style.presets.catalogue import describe
from napari_neural_style.setting_fields import has_word_or_number
from napari_neural_style.settings import setting_names

_WIDGET = Path(napari_neural_style.__file__).parent / "_qt"
#: What the widget has a list for, beside the rows with titles.
_LISTS = {"preset": "Preset", "features": "Features", "weights": "Features"}


def main() -> None:
    """Write the tables into the pages."""
    for page in sorted(Path(__file__).parent.glob("*.md")):
        text = page.read_text("utf-8")
        if (filled := on_page_markdown(text)) != text:
            page.write_text(filled, "utf-8")
            print(page)


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Put the tables in; MkDocs calls this for each page."""
    return re.sub(
        r"(<!-- table: (\w+) -->).*?(<!-- /table -->)",
        lambda found: f"{found[1]}\n\n{TABLES[found[2]]()}\n\n{found[3]}",
        markdown,
        flags=re.S,
    )


def settings_table() -> str:
    """Return every setting: its name in the widget, what it may be, and its help."""
    titles = widget_titles()
    rows = []
    for name in setting_names():
        about = describe(name)
        default = _shown(about["default"])
        rows.append((f"`{name}`", titles.get(name, ""), _values(about), default, about["help"]))
    return _table(("setting", "in the widget", "values", "default", "what it does"), rows)


def presets_table() -> str:
    """Return the package's presets: what each is good for, and where it is not the default."""
    rows = []
    for name, preset in RECIPES.items():
        values = [f"`{key}={_plain(value)}`" for key, value in preset.values.items()]
        rows.append((f"`{name}`", preset.description, ", ".join(values) or "the defaults"))
    return _table(("preset", "what it is good for", "where it differs from the defaults"), rows)


def networks_table() -> str:
    """Return the feature networks and losses that come with the package."""
    known = extensions()
    rows = [
        (f"`{setting}`", f"`{name}`", spec.description)
        for setting, specs in (
            ("features", known.feature_networks),
            ("style_loss", known.style_losses),
            ("content_loss", known.content_losses),
        )
        for name, spec in specs.items()
    ]
    return _table(("setting", "value", "what it is"), rows)


def widget_titles() -> dict[str, str]:
    """Return what the widget calls each setting, read from its sources: they import Qt."""
    names = set(setting_names())
    titles = dict(_LISTS)
    for file in sorted(_WIDGET.glob("*.py")):
        for node in ast.parse(file.read_text("utf-8")).body:
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Dict):
                try:
                    values = ast.literal_eval(node.value)
                except ValueError:
                    continue
                if names.issuperset(values) and all(isinstance(v, str) for v in values.values()):
                    titles |= values
    return titles


def _values(about: Any) -> str:
    if has_word_or_number(about):
        words = ", ".join(f"`{choice}`" for choice in about["choices"])
        return f"{words}, or {about['minimum']:g} to {_number(about['maximum'])}"
    if choices := about.get("choices"):
        return ", ".join(f"`{choice}`" for choice in choices)
    if "minimum" in about:
        return f"{about['minimum']:g} to {_number(about['maximum'])}"
    return "layers with weights" if isinstance(about["default"], dict) else "text"


def _number(value: float) -> str:
    return f"{value:,}".replace(",", " ") if isinstance(value, int) else f"{value:g}"


def _shown(value: Any) -> str:
    return f"`{_plain(value)}`" if value != {} else "what suits the features"


def _plain(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + format_layers(value) + "}"
    return f"{value:g}" if isinstance(value, float) else f"{value}"


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(c.replace('|', '&#124;') for c in row)} |" for row in lines)


TABLES: dict[str, Callable[[], str]] = {
    "settings": settings_table,
    "presets": presets_table,
    "networks": networks_table,
}


if __name__ == "__main__":
    main()
