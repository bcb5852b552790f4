"""Paint the sample pictures of this folder from scratch.

Every picture is made by a seeded algorithm of this project (see ``painters/``), so
the files can be rebuilt at any time and carry no third-party material.
"""

from __future__ import annotations

import argparse
import importlib
import time
import zlib
from pathlib import Path

import numpy as np
from painters.finish import save

PICTURES = (
    "swirling_night",
    "mosaic",
    "woodcut",
    "watercolour",
    "stained_glass",
    "pointillism",
    "palette_knife",
    "harbour_town",
)


def build_parser() -> argparse.ArgumentParser:
    """Describe the command line.

    Returns
    -------
    argparse.ArgumentParser
        The parser.
    """
    parser = argparse.ArgumentParser(
        description="Paint the sample style and content pictures.",
        epilog="The same seed and library versions give the same pixels.",
    )
    parser.add_argument(
        "names",
        nargs="*",
        metavar="NAME",
        help=f"pictures to paint (default: all of {', '.join(PICTURES)})",
    )
    parser.add_argument(
        "--out",
        type=Path,
        default=Path(__file__).resolve().parent,
        metavar="DIR",
        help="folder to write to (default: the folder of this script)",
    )
    parser.add_argument(
        "--seed", type=int, default=0, help="paint variations with another seed (default: 0)"
    )
    parser.add_argument(
        "--format", choices=("jpg", "png"), default="jpg", help="file format (default: jpg)"
    )
    parser.add_argument(
        "--quality", type=int, default=92, help="JPEG quality, 1 to 95 (default: 92)"
    )
    return parser


def main(argv: list[str] | None = None) -> None:
    """Paint what the command line asks for.

    Parameters
    ----------
    argv : list of str, optional
        Arguments, without the program's name; by default those of the process.
    """
    parser = build_parser()
    args = parser.parse_args(argv)
    unknown = sorted(set(args.names) - set(PICTURES))
    if unknown:
        parser.error(f"no such picture: {', '.join(unknown)}; choose from {', '.join(PICTURES)}")
    args.out.mkdir(parents=True, exist_ok=True)
    for name in args.names or PICTURES:
        started = time.perf_counter()
        # The name is part of the seed, so pictures do not depend on one another's order.
        rng = np.random.default_rng([args.seed, zlib.crc32(name.encode())])
        picture = importlib.import_module(f"painters.{name}").paint(rng)
        path = args.out / f"{name}.{args.format}"
        save(picture, path, args.quality)
        size = path.stat().st_size / 1024
        print(f"{path}  {size:.0f} KB  {time.perf_counter() - started:.1f} s")


if __name__ == "__main__":
    main()
