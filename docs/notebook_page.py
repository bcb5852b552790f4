"""A hook of MkDocs: the notebook as a page, as it stands, with what its cells have shown."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files


def on_files(files: Files, config: Any) -> Files:
    """Put a page of Markdown in the place of each notebook."""
    for file in list(files):
        if file.src_uri.endswith(".ipynb"):
            notebook = json.loads(Path(file.abs_src_path).read_text("utf-8"))
            files.remove(file)
            page = file.src_uri.removesuffix(".ipynb") + ".md"
            files.append(File.generated(config, page, content=page_of(notebook)))
    return files


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Lead links to a notebook, which a repository shows as it is, to its page."""
    return re.sub(r"\]\((\w+)\.ipynb\b", r"](\1.md", markdown)


def page_of(notebook: dict[str, Any]) -> str:
    """Return a notebook as Markdown."""
    return "\n\n".join(part for cell in notebook["cells"] for part in _parts(cell))


def _parts(cell: dict[str, Any]) -> list[str]:
    source = "".join(cell["source"])
    if cell["cell_type"] == "markdown":
        return [source]
    parts = [f"```python\n{source}\n```"]
    for output in cell["outputs"]:
        if "text" in output:
            parts.append("```text\n" + "".join(output["text"]) + "\n```")
        for kind, data in output.get("data", {}).items():
            if kind.startswith("image/"):
                parts.append(f"![What the cell shows](data:{kind};base64,{data})")
    return parts
