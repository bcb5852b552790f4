"""Run the tutorial notebook from top to bottom, and keep in it what its cells show.

python docs/run_tutorial.py
"""

from __future__ import annotations

import base64
import io
import json
from pathlib import Path
from typing import Any

from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from PIL import Image
from traitlets.config import Config

NOTEBOOK = Path(__file__).with_name("tutorial.ipynb")


def run_cells(notebook: dict[str, Any]) -> None:
    """Run the cells of a notebook in a namespace of their own, and put in what they show.

    Raises
    ------
    Exception
        What a cell raises.
    """
    shell = InteractiveShell(config=Config({"HistoryManager": {"enabled": False}}))
    number = 0
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            number += 1
            with capture_output() as shown:
                outcome = shell.run_cell("".join(cell["source"]))
            outcome.raise_error()
            cell["execution_count"] = number
            outputs = (*_printed(shown.stdout), _picture(outcome.result, number))
            cell["outputs"] = [output for output in outputs if output]


def _printed(text: str) -> list[dict[str, Any]]:
    # IPython prints the last value as well.
    text = text.partition("Out[")[0].rstrip("\n")
    lines = text.splitlines(keepends=True)
    return [{"output_type": "stream", "name": "stdout", "text": lines}] if lines else []


def _picture(value: Any, number: int) -> dict[str, Any] | None:
    """Return a picture as a cell's output; a JPEG in it, for the sake of the notebook's size."""
    if not isinstance(value, Image.Image):
        return None
    file = io.BytesIO()
    value.save(file, "JPEG", quality=82)
    data = {
        "image/jpeg": base64.b64encode(file.getvalue()).decode(),
        "text/plain": ["a picture"],
    }
    return {
        "output_type": "execute_result",
        "execution_count": number,
        "metadata": {},
        "data": data,
    }


if __name__ == "__main__":
    found = json.loads(NOTEBOOK.read_text("utf-8"))
    run_cells(found)
    NOTEBOOK.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", "utf-8")
