"""The finisher brings patches to the style's, where it may, whatever the size."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
from differences import patch_distance as distance

from napari_neural_style.engine import finisher
from napari_neural_style.engine.finisher import Finisher
from napari_neural_style.engine.margins import Margins
from napari_neural_style.engine.scale_inputs import ScaleInputs
from napari_neural_style.engine.targets import StyleInput

SHAPE = (72, 96)


def noise(seed, shape=SHAPE, low=0.0, high=1.0):
    return np.random.default_rng(seed).uniform(low, high, (*shape, 3)).astype(np.float32)


def recoloured(image):
    """A style that differs from such pictures by no more than a few steps can go."""
    return np.clip(1.3 * image - 0.2, 0, 1)


def batch(image):
    return tf.constant(image[np.newaxis], tf.float32)


def inputs(*styles, guides=()):
    regions = tuple((style,) if isinstance(style, StyleInput) else style for style in styles)
    content = noise(0)
    margins = Margins.of(content, max(content.shape), wanted=False)
    return ScaleInputs(content, margins, regions, guides, ())


def finished(image, inputs, steps, seed):
    finisher = Finisher(np.array(image), inputs, steps, seed)
    while finisher.done < steps:
        finisher.step()
    return finisher.picture()


def test_patches_come_to_be_distributed_as_the_style_s(picture):
    start, style = picture(*SHAPE, seed=1), recoloured(picture(*SHAPE, seed=2))
    found = finished(batch(start), inputs(StyleInput(batch(style))), 150, 0)[0]
    assert distance(found, style) < 0.5 * distance(start, style)
    assert found.min() >= 0
    assert found.max() <= 1


def band(image, *, oblique):
    """The energy of the finest octave: at 45 degrees to the pixels, or along the axes."""
    grey = image.mean(-1) - image.mean()
    y, x = np.meshgrid(*(np.fft.fftfreq(side) for side in grey.shape), indexing="ij")
    steep = np.abs(np.degrees(np.arctan2(np.abs(y), np.abs(x))) - 45)
    within = (np.abs(np.hypot(y, x) - 0.45) < 0.08) & (steep < 15 if oblique else steep > 30)
    return (np.abs(np.fft.fft2(grey)) ** 2)[within].mean() / grey.size


def without_oblique(image):
    """What is left of an image when the finest octave has a tenth of its waves at 45 degrees."""
    spectrum = np.fft.fft2(image, axes=(0, 1))
    y, x = np.meshgrid(*(np.fft.fftfreq(side) for side in image.shape[:2]), indexing="ij")
    spectrum[np.minimum(np.abs(y), np.abs(x)) > 0.2] *= 0.1
    return np.fft.ifft2(spectrum, axes=(0, 1)).real.astype(np.float32)


def test_fine_detail_comes_to_run_in_as_many_directions_as_in_the_style(picture):
    style = picture(96, 96, seed=2, grain=0.03)
    start = without_oblique(picture(96, 96, seed=1, grain=0.03))
    found = finished(batch(start), inputs(StyleInput(batch(style))), 30, 0)[0]
    assert band(start, oblique=True) < 0.05 * band(style, oblique=True)
    assert band(found, oblique=True) > 0.3 * band(style, oblique=True)
    assert band(found, oblique=False) < 1.5 * band(style, oblique=False)


def test_gratings_are_fine_and_blind_to_a_patch_s_mean():
    waves = finisher._gratings(np.random.default_rng(0), 50)
    np.testing.assert_allclose(waves.sum((0, 1)), 0, atol=1e-9)
    spectra = np.abs(np.fft.fft2(waves, (64, 64), axes=(0, 1))) ** 2
    y, x = np.meshgrid(np.fft.fftfreq(64), np.fft.fftfreq(64), indexing="ij")
    fine = np.hypot(y, x) > 0.2
    assert (spectra[fine].sum(0) / spectra.sum((0, 1))).min() > 0.8


@pytest.mark.parametrize("axis", [0, 1])
def test_a_faint_pattern_of_two_pixels_is_taken_out(picture, axis):
    signs = np.expand_dims((-1.0) ** np.arange(SHAPE[axis]), (1 - axis, 2))
    plain = 0.25 + 0.5 * picture(*SHAPE, seed=1)
    style = StyleInput(batch(plain))
    left = np.zeros((1, *SHAPE, 1), np.float32)
    left[:, :, :48] = 1
    found = finished(batch(plain + 0.02 * signs), inputs(style, guides=(tf.constant(left),)), 1, 0)[
        0
    ]
    pattern = np.abs((signs * (found - plain)).mean(2))
    assert np.median(pattern[:, 8:40]) < 0.01
    np.testing.assert_allclose(pattern[:, 56:], 0.02, atol=1e-5)


def test_a_picture_with_the_style_s_patches_stays_nearly_as_it_is():
    style = noise(3)
    found, other = (
        finished(batch(style), inputs(StyleInput(batch(share * style))), 15, 0)[0]
        for share in (1.0, 0.5)
    )
    assert np.abs(found - style).mean() < 0.3 * np.abs(other - style).mean()


def test_the_blend_of_a_dark_and_a_light_style_has_the_share_of_each():
    dark, light = noise(1, high=0.1), noise(2, low=0.9)
    both = (StyleInput(batch(dark), 3.0), StyleInput(batch(light), 1.0))
    transport = finisher._transport(
        batch(noise(0)), tf.ones([1, *SHAPE, 1]), both, tf.ones([7, 7, 3, 16]) / 147, 1
    )
    # The means of white noise lie around 0.5: three quarters of them are to become dark.
    values = transport.low[0] + transport.step[0] * np.arange(len(transport.pulls) // 16)
    pulls = transport.pulls[: len(values)].numpy()
    windows = np.lib.stride_tricks.sliding_window_view(noise(0), (7, 7), (0, 1))
    turned_dark = values.numpy()[pulls > 0].max()
    share = np.mean(windows.mean((2, 3, 4)) < turned_dark)
    assert share == pytest.approx(0.75, abs=0.02)


def test_regions_take_after_their_own_styles_and_beyond_them_nothing_changes():
    left, right = np.zeros((2, 1, *SHAPE, 1), np.float32)
    left[:, :, :30], right[:, :, 50:] = 1, 1
    start = np.full((*SHAPE, 3), 0.5, np.float32) + 0.1 * noise(5)
    styles = [
        StyleInput(batch(noise(seed, low=low, high=low + 0.4)), 1.0, (tf.ones([1, *SHAPE, 1]),))
        for seed, low in ((1, 0.0), (2, 0.6))
    ]
    wanted = inputs(*styles, guides=(tf.constant(left), tf.constant(right)))
    found = finished(batch(start), wanted, 30, 0)[0]
    assert found[:, :26].mean() < start.mean() - 0.03
    assert found[:, 54:].mean() > start.mean() + 0.03
    np.testing.assert_array_equal(found[:, 36:44], start[:, 36:44])


@pytest.mark.parametrize("shrink", [1, 2, 4])
def test_in_bands_the_gradient_is_that_of_the_whole(monkeypatch, picture, shrink):
    image, style = batch(picture(203, 60, seed=1)), StyleInput(batch(noise(2)))
    directions = finisher._drawn(np.random.default_rng(0), shrink)
    whole = finisher._gradient(image, inputs(style), directions, shrink)
    monkeypatch.setattr(finisher, "_BAND_PIXELS", 60 * 50)
    assert len(list(finisher._bands(image, shrink))) > 2
    bands = finisher._gradient(image, inputs(style), directions, shrink)
    np.testing.assert_allclose(bands, whole, atol=1e-4 * np.abs(whole).max())


@pytest.mark.parametrize("side", [16, 23, 30])
def test_of_small_pictures_patches_are_looked_at_in_as_many_sizes_as_there_are(side):
    start, style = noise(1, (side, 40)), noise(2, (40, side), low=0.3, high=0.7)
    found = finished(batch(start), inputs(StyleInput(batch(style))), 60, 0)[0]
    assert distance(found, style) < 0.9 * distance(start, style)


def test_of_a_large_picture_a_sample_tells_the_quantiles(monkeypatch):
    image, ones = batch(noise(1, (300, 300))), tf.ones([1, 300, 300, 1])
    directions = finisher._drawn(np.random.default_rng(0), 1)
    style = (StyleInput(batch(noise(2, high=0.5))),)

    def pulls():
        found = finisher._transport(image, ones, style, directions, 1)
        table = found.pulls.numpy().reshape(16, -1)
        # At the same values: the lowest and the highest of a sample are others.
        return np.array(
            [
                np.interp(np.linspace(-0.5, 0.5, 9), low + step * np.arange(len(row)), row)
                for low, step, row in zip(found.low.numpy(), found.step.numpy(), table, strict=True)
            ]
        )

    full = pulls()
    monkeypatch.setattr(finisher, "_SAMPLES", 4000)
    some = pulls()
    assert np.abs(some - full).mean() < 0.15 * full.std()


@pytest.mark.parametrize("shrink", [1, 2, 4])
@pytest.mark.parametrize("guided", [False, True])
def test_in_bands_the_sample_is_that_of_the_whole(monkeypatch, shrink, guided):
    image = batch(noise(1, (203, 60)))
    guide = tf.constant(noise(2, (203, 60))[np.newaxis, ..., :1]) if guided else None
    directions = finisher._drawn(np.random.default_rng(0), shrink)
    monkeypatch.setattr(finisher, "_SAMPLES", 1000)
    whole = finisher._samples(image, guide, directions, shrink)
    monkeypatch.setattr(finisher, "_BAND_PIXELS", 60 * 30)
    bands = finisher._samples(image, guide, directions, shrink)
    np.testing.assert_allclose(np.sort(bands, 0), np.sort(whole, 0), atol=1e-5)
