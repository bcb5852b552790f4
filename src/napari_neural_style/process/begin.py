"""The first lines of the engine process, run as a file: where its modules are.

They come to lie in this order: Python's own, so that no `types.py` of the user's takes their place;
then those of the parent process, in its order; then whatever else this Python has.
"""

import json
import os
import site
import sys


def module_path(own: list[str], sites: set[str], given: list[str]) -> list[str]:
    """Return where to look for modules.

    Parameters
    ----------
    own : list of str
        Where this Python looks by itself: Python's own modules first, then what is installed.
    sites : set of str
        Where packages are installed.
    given : list of str
        Where the parent process looks.
    """
    first = next((place for place, path in enumerate(own) if path in sites), len(own))
    return list(dict.fromkeys([*own[:first], *given, *own[first:]]))


if __name__ == "__main__":
    _sites = {*site.getsitepackages(), site.getusersitepackages()}
    _given = json.loads(os.environ.pop("NAPARI_NEURAL_STYLE_PATH", "[]"))
    sys.path[:] = module_path(sys.path, _sites, _given)

    from napari_neural_style.process.server import main

    main()
