"""Results at the size of a print."""

from __future__ import annotations

import numpy as np
import pytest
import tifffile
from PIL import Image

from napari_neural_style import enlarge, headless, stylize
from napari_neural_style.__main__ import main
from napari_neural_style.errors import SettingsError
from napari_neural_style.pictures.images import fit
from napari_neural_style.printing import enlarged, finer_scales, print_settings, print_size
from pretended import PretendedEngine
from quick import QUICK


@pytest.fixture
def photo(picture):
    return (255 * picture(60, 90, seed=1)).astype(np.uint8)


@pytest.fixture
def painting(picture):
    return (255 * picture(50, 50, seed=2)).astype(np.uint8)


def test_an_enlarged_result_starts_from_the_result_at_the_size_asked_for(photo, painting):
    engine = PretendedEngine()
    result = photo[::3, ::3]
    large = enlarge(photo, painting, result, size=200, steps=3, engine=engine, features="builtin")
    assert large.shape == (133, 200, 3)
    assert large.dtype == np.uint8
    (job,) = engine.jobs
    assert job.content.shape == (133, 200, 3)
    assert job.settings.init == "image"
    assert (job.settings.size, job.settings.steps) == (200, 3)
    assert job.settings.finish_steps == 30
    assert job.settings.smallest_scale == 45
    np.testing.assert_allclose(job.init, result / 255, atol=1e-6)


def test_without_a_size_it_is_that_of_the_content(photo, painting):
    engine = PretendedEngine()
    large = enlarge(photo, painting, photo[::2, ::2], engine=engine, features="builtin")
    assert large.shape == photo.shape
    assert engine.jobs[0].settings.size == 90
    assert engine.jobs[0].settings.smallest_scale == 68


def test_a_print_is_finished_unless_another_finish_is_asked_for(photo, painting):
    engine = PretendedEngine()
    for finish in (0, 50):
        enlarge(photo, painting, photo[::2, ::2], engine=engine, finish_steps=finish)
        assert engine.jobs[-1].settings.finish_steps == finish
    enlarge(photo, painting, photo[::2, ::2], engine=engine, preset="masterpiece")
    assert engine.jobs[-1].settings.preset == "masterpiece"
    assert engine.jobs[-1].settings.finish_steps == 30
    assert print_settings(512, 4096, finish=50)["finish_steps"] == 50


def test_a_print_begins_with_the_result(photo, painting):
    with pytest.raises(SettingsError, match="leave init out"):
        enlarge(photo, painting, photo[::2, ::2], init="content")


def test_what_is_coarse_stays_as_it_is(photo, painting):
    """The engine itself: the enlarged picture, made small again, is still the result."""
    options = {**QUICK, "update_every": 100}
    small = stylize(photo, painting, **{**options, "size": 45, "result_size": "painted"})
    large = enlarge(photo, painting, small, **{**options, "size": 180, "steps": 4})
    again = np.asarray(Image.fromarray(large).resize(small.shape[1::-1], Image.Resampling.BOX))
    assert np.abs(again.astype(float) - small).mean() < 25
    assert np.corrcoef(again.ravel(), small.ravel())[0, 1] > 0.8


@pytest.mark.parametrize(
    ("cm", "dpi", "pixels"), [(2.54, 300, 300), (60, 100, 2362), (10, 254, 1000)]
)
def test_centimetres_at_so_many_dpi_are_pixels(cm, dpi, pixels):
    assert print_size(cm, dpi) == pixels


@pytest.mark.parametrize(
    ("cm", "dpi"), [(0, 300), (-1, 300), (10, 0), (float("nan"), 300), (300, 300), (0.01, 30)]
)
def test_a_print_that_cannot_be_is_refused(cm, dpi):
    with pytest.raises(SettingsError, match=" cm at "):
        print_size(cm, dpi)


def test_size_and_centimetres_at_once_are_refused(photo, painting):
    with pytest.raises(SettingsError, match="not both"):
        enlarge(photo, painting, photo, size=100, centimetres=3)


def test_scales_begin_above_what_is_painted():
    assert finer_scales(512, 4096) == 768
    assert finer_scales(512, 700) == 0


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32, np.int64])
@pytest.mark.parametrize("channels", [3, 4])
def test_an_enlarged_content_keeps_dtype_and_alpha(picture, dtype, channels):
    unit = picture(30, 40, seed=1)
    white = {np.float32: 1, np.int64: 255}.get(dtype) or np.iinfo(dtype).max
    content = (np.concatenate([unit, unit[..., :1]], -1)[..., :channels] * white).astype(dtype)
    large = enlarged(content, 120)
    assert large.dtype == dtype
    assert large.shape == (*fit((30, 40), 120), channels)
    small = large.reshape(30, 3, 40, 3, channels).mean((1, 3))
    assert np.abs(small - content).mean() < 0.03 * white
    assert enlarged(content, 40) is content


@pytest.mark.parametrize(
    ("asked", "steps", "finish", "smallest"),
    [
        ([], 32, 30, 45),
        (["--steps", "5", "--finish-steps", "0", "--smallest-scale", "60"], 5, 0, 60),
        (["--finish-steps", "50"], 32, 50, 45),
        (["--preset", "masterpiece"], 32, 30, 45),
    ],
)
def test_on_the_command_line_steps_finish_and_scales_are_those_of_a_print_unless_asked_for(
    photo, painting, tmp_path, monkeypatch, asked, steps, finish, smallest
):
    monkeypatch.chdir(tmp_path)
    for name, pixels in {"photo": photo, "painting": painting, "result": photo[::3, ::3]}.items():
        Image.fromarray(pixels).save(f"{name}.png")
    found = []
    monkeypatch.setattr(headless, "paint", lambda request, *_, **__: found.append(request) or 0)
    main(["photo.png", "painting.png", "--enlarge", "result.png", "-o", "print.png", *asked])
    (request,) = found
    chosen = request.settings
    assert (chosen.steps, chosen.finish_steps, chosen.smallest_scale) == (steps, finish, smallest)


def test_the_command_line_prints_in_centimetres_and_tells_the_file(
    photo, painting, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    for name, pixels in {"photo": photo, "painting": painting, "result": photo[::2, ::2]}.items():
        Image.fromarray(pixels).save(f"{name}.png")
    asked = ["photo.png", "painting.png", "--enlarge", "result.png", "--cm", "2.54", "--dpi", "100"]
    quick = ["--features", "builtin", "--style-loss", "gram", "--steps", "2"]
    quick += ["--style-layers", "block1_conv1:1", "--content-layers", "block1_conv1:1"]
    assert main([*asked, *quick, "--dry-run"]) == 0
    assert "photo at 100 pixels: about" in capsys.readouterr().out
    assert not (tmp_path / "print.tif").exists()
    assert main([*asked, *quick, "--bits", "16", "-o", "print.tif"]) == 0
    with tifffile.TiffFile("print.tif") as file:
        page = file.pages[0]
        assert (page.shape, page.dtype) == ((67, 100, 3), np.uint16)
        assert page.tags["XResolution"].value == (100, 1)
    assert main([*asked, *quick, "-o", "print.jpg"]) == 0
    with Image.open("print.jpg") as image:
        assert image.size == (100, 67)
        assert image.info["dpi"] == (100, 100)


@pytest.mark.parametrize(
    "wrong",
    [
        ["--enlarge", "result.png", "-o", "out.png"],
        ["a.png", "b.png", "--cm", "30", "-o", "out.png"],
        ["a.png", "b.png", "--dpi", "0", "-o", "out.png"],
    ],
)
def test_options_that_do_not_go_together_are_told(wrong, capsys):
    with pytest.raises(SystemExit):
        main(wrong)
    assert "--" in capsys.readouterr().err
