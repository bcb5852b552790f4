"""A profile of its own for whatever imports this, before napari: defaults only, nothing kept.

The windows of the guide show what a user sees at the first start, whatever was chosen on this
machine before, and leave no trace in the user's own settings.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

#: Removed when the process ends.
_FOLDER = tempfile.TemporaryDirectory(prefix="neural-style-guide-", ignore_cleanup_errors=True)

for _variable in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"):
    os.environ[_variable] = str(Path(_FOLDER.name) / _variable.lower())
os.environ["NAPARI_CONFIG"] = str(Path(_FOLDER.name) / "napari.yaml")
