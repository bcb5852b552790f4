"""The command line: open napari on an image pair and start painting, or paint files without it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from napari_neural_style.errors import NeuralStyleError
from napari_neural_style.file_faults import fault, remedy

if TYPE_CHECKING:
    from napari_neural_style.settings import Settings
    from napari_neural_style.tasks.request import Request

_DESCRIPTION = """\
Paint one image in the style of another.

  %(prog)s                              open napari on a sample pair and start painting
  %(prog)s PHOTO PAINTING               the same with your own images
  %(prog)s PHOTO PAINTING -o OUT.png    paint without a window
  %(prog)s PHOTO NIGHT.look -o OUT.png  the same with a look that was learnt, at once
  %(prog)s FILM PAINTING -o OUT.mp4     paint every frame of a film, whose sound is kept
  %(prog)s PHOTO PAINTING --enlarge OUT.png --cm 60 -o PRINT.tif
                                        paint that result on, at the size of a print

On a machine without a display the first form paints into neural-style-demo.png.
"""
#: What a library most often lacks that writes when it is imported.
_WRITABLE = "see to it that the home folder, or the one that HOME names, can be written"
_DEMO_FILE = Path("neural-style-demo.png")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    arguments : sequence of str, optional
        By default those the program was called with.

    Returns
    -------
    int
        The exit code: 0; 1 after an error, which is told in one sentence; or what shells expect
        after a signal, such as 130 after Ctrl+C.
    """
    from napari_neural_style.console import patient_console, warnings_told_only

    with patient_console(), warnings_told_only():
        parser = _parser()
        given = parser.parse_args(arguments)
        if given.content and not given.style:
            parser.error("give a style image as well: PHOTO PAINTING")
        if given.mask and not given.content:
            parser.error("give the image that MASK goes over as well: PHOTO PAINTING")
        if given.enlarge and not given.content:
            parser.error("give what RESULT was painted from as well: PHOTO PAINTING")
        if given.cm is not None and not given.enlarge:
            parser.error("--cm goes with --enlarge RESULT; without a result, give --size")
        if given.dpi is not None and not 1 <= given.dpi <= 100_000:
            parser.error("--dpi must lie between 1 and 100000")
        try:
            return _run(given)
        except NeuralStyleError as error:
            print(error, file=sys.stderr)
            return 1
        except OSError as error:  # Of libraries that write when they are imported, as napari does.
            where = f": {error.filename}" if error.filename else ""
            print(
                f"This machine does not let the program do what it must ({fault(error)}{where}): "
                f"{remedy(error, _WRITABLE)}.",
                file=sys.stderr,
            )
            return 1
        except KeyboardInterrupt:
            print("Interrupted before the first picture.")
            return 130


def _run(given: argparse.Namespace) -> int:
    from napari_neural_style.command_requests import request_of, resolution, tell_costs
    from napari_neural_style.display import window_obstacle
    from napari_neural_style.films.pyav import is_film
    from napari_neural_style.pictures.files import check_size, check_writable

    chosen = _settings(given)
    if given.content and is_film(given.content):
        return _paint_film(given, chosen)
    if given.dry_run:
        return tell_costs(request_of(given, chosen))
    output = given.output
    if output is None:
        obstacle = window_obstacle()
        if obstacle is None:
            _open_window(request_of(given, chosen))
            return 0
        if not obstacle.no_display:
            print(obstacle.reason, file=sys.stderr)
            return 1
        if given.content:
            print(f"{obstacle.reason} Say where to save the picture: -o OUT.png", file=sys.stderr)
            return 1
        output = _DEMO_FILE
        print(f"{obstacle.reason} Painting without a window, into {output}.")
    inputs = [given.content, given.style, given.mask, given.enlarge]
    inputs = [path for path in inputs if path]
    check_writable(output, inputs=inputs, overwrite=given.overwrite)
    from napari_neural_style.headless import paint

    request = request_of(given, chosen)
    if chosen.result_size == "content":
        check_size(output, request.content.data.shape)
    dtype = f"uint{given.bits}" if given.bits else request.content.data.dtype
    return paint(request, output, dtype, resolution(given))


def _paint_film(given: argparse.Namespace, chosen: Settings) -> int:
    from napari_neural_style.errors import FilmError
    from napari_neural_style.film_painting import film_request
    from napari_neural_style.headless_film import paint_film_with_bar

    if given.dry_run:
        raise FilmError("--dry-run tells what a picture takes: give one frame of the film to it.")
    if given.output is None:
        raise FilmError(
            "Say where to save the painted film: -o painted.mp4; to see it now, open it in napari."
        )
    request = film_request(
        given.style,
        chosen,
        own_size=given.size is not None,
        temporal_consistency=given.temporal_consistency,
    )
    return paint_film_with_bar(
        given.content, request, given.output, given.key_frames, given.learning_steps
    )


def _open_window(request: Request) -> None:
    import napari
    from qtpy.QtCore import QTimer

    from napari_neural_style._qt.widget import NeuralStyleWidget
    from napari_neural_style.api import layer_run
    from napari_neural_style.looks.look import Look

    viewer = napari.Viewer(title="napari: neural style")
    viewer.add_layer(request.content)
    if not isinstance(request.styles, Look):
        viewer.add_layer(request.styles)
    if request.content_mask is not None:
        request.content_mask.visible = False  # It would lie over the photo.
        viewer.add_layer(request.content_mask)
    widget = NeuralStyleWidget(viewer)
    viewer.window.add_dock_widget(widget, name="Style transfer", area="right")
    widget.form.settings = request.settings
    if request.content_mask is not None:
        widget.where.open().content_mask.value = request.content_mask
    # Once the dock has taken its place, the view can be fitted to what is left.
    QTimer.singleShot(0, viewer.reset_view)
    if isinstance(request.styles, Look):
        layer_run(viewer, request).start()
    else:
        widget.run()
    napari.run()


def _parser() -> argparse.ArgumentParser:
    from importlib.metadata import version

    from napari_neural_style.learn_job import LEARNING_STEPS
    from napari_neural_style.presets.catalogue import PRESETS
    from napari_neural_style.settings import setting_names

    parser = argparse.ArgumentParser(
        prog="napari-neural-style",
        usage="%(prog)s [-h] [PHOTO PAINTING] [-o OUT.png] [--preset NAME] [settings]",
        description=_DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("content", nargs="?", type=Path, metavar="PHOTO", help="what to paint")
    parser.add_argument(
        "style",
        nargs="?",
        type=Path,
        metavar="PAINTING",
        help="how to paint it: an image, or a look",
    )
    parser.add_argument("-o", "--output", type=Path, metavar="OUT.png", help="where to save it")
    parser.add_argument(
        "--overwrite", action="store_true", help="even where PHOTO or PAINTING is saved over"
    )
    told = f"%(prog)s {version('napari-neural-style')}"
    parser.add_argument("--version", action="version", version=told)
    parser.add_argument(
        "--mask",
        type=Path,
        metavar="MASK",
        help="where to paint PHOTO, and how strongly: an image of its size, black for not at all",
    )
    parser.add_argument(
        "--enlarge",
        type=Path,
        metavar="RESULT",
        help="go on from this result, at the size of PHOTO, or of --size or --cm",
    )
    parser.add_argument(
        "--cm", type=float, metavar="X", help="with --enlarge: longest side in print, in cm"
    )
    parser.add_argument(
        "--dpi", type=float, metavar="X", help="pixels per inch in print, also told in the file"
    )
    parser.add_argument(
        "--bits", type=int, choices=(8, 16), help="bits per colour in the file (default: as PHOTO)"
    )
    parser.add_argument(
        "--dry-run",
        action="store_true",
        help="tell how much memory and time it would take, and paint nothing",
    )
    # argparse fills in what looks like one of its own fields, and anybody may have written these.
    recipes = "\n".join(
        f"  {name}: {preset.description}".replace("%(", "% (") for name, preset in PRESETS.items()
    )
    parser.add_argument(
        "--preset", choices=list(PRESETS), default="balanced", help="the recipe (see below)"
    )
    films = parser.add_argument_group("films")
    films.add_argument(
        "--key-frames",
        type=int,
        default=3,
        metavar="N",
        help="how many frames are optimised, for a look to be learnt from them",
    )
    films.add_argument(
        "--learning-steps",
        type=int,
        default=LEARNING_STEPS,
        metavar="N",
        help="for how long it is learnt",
    )
    films.add_argument(
        "--temporal-consistency",
        type=float,
        default=1.0,
        metavar="SHARE",
        help="how firmly a frame is held to the one before, 0 to 1; at 0 films are sharper, and "
        "flicker",
    )
    group = parser.add_argument_group("settings", "Each differs from the preset only if given.")
    for name in setting_names():
        if name != "preset":
            _add_setting(group, name)
    parser.epilog = f"presets:\n{recipes}"
    return parser


def _add_setting(group: Any, name: str) -> None:
    from napari_neural_style.presets.catalogue import describe
    from napari_neural_style.setting_fields import has_word_or_number

    about = describe(name)
    default = about["default"]
    kind: Any = _layers_option if isinstance(default, dict) else type(default)
    if has_word_or_number(about):
        kind, about = _word_or_number, {**about, "choices": ()}
    text = about["help"].replace("%", "%%")
    metavar = {dict: "LAYER:WEIGHT,...", int: "N", float: "X"}.get(type(default), "TEXT")
    # The image of init="image" is for the console: here there is no way to give one.
    choices = [choice for choice in about.get("choices", ()) if (name, choice) != ("init", "image")]
    group.add_argument(
        f"--{name.replace('_', '-')}",
        type=kind,
        choices=choices or None,
        metavar=None if choices else metavar,
        help=text,
    )


def _word_or_number(text: str) -> str | int:
    return int(text) if text.lstrip("-").isdecimal() else text


def _layers_option(text: str) -> dict[str, float]:
    from napari_neural_style.feature_layers import parse_layers

    try:
        return parse_layers(text)
    except NeuralStyleError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _settings(given: argparse.Namespace) -> Settings:
    from napari_neural_style.presets import catalogue
    from napari_neural_style.settings import setting_names

    chosen = {
        name: value
        for name in setting_names()
        if name != "preset" and (value := getattr(given, name, None)) is not None
    }
    return catalogue.settings(given.preset, **chosen)


def program() -> NoReturn:
    """Run the command line and end the process; what is closed then is not to be interrupted."""
    from napari_neural_style.endings import endings_ignored, ends_after_noting

    ends_after_noting()
    code = main()
    endings_ignored()
    sys.exit(code)


if __name__ == "__main__":
    # Python -m looks for modules in the working folder first, where a user's `random.py` may lie.
    if not sys.flags.safe_path:
        sys.path.append(sys.path.pop(0))
    program()
