"""A hook of MkDocs: files of the package that the site shows as well."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

_SOURCE = Path(__file__).parents[1] / "src" / "napari_neural_style"


def on_files(files: Files, config: Any) -> Files:
    """Add the package's icon, which is the logo of the site."""
    files.append(File.generated(config, "icon.svg", abs_src_path=str(_SOURCE / "icon.svg")))
    return files
