"""Films of a few small frames, made here; what they show is known."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

RATE = 8


def colours(count: int, height: int = 32, width: int = 32) -> NDArray[np.uint8]:
    """Return frames of one colour each, with the upper left quarter black."""
    frames = np.empty((count, height, width, 3), np.uint8)
    for number in range(count):
        frames[number] = (40 + 20 * number, 200 - 20 * number, 128)
    frames[:, : height // 2, : width // 2] = 16
    return frames


def write_film(
    path: Path,
    frames: NDArray[np.uint8],
    *,
    times: Sequence[int] | None = None,
    unit: Fraction = Fraction(1, RATE),
    turned: int = 0,
    sound: str | None = None,
    codec: str = "libx264",
    pixels: str = "yuv444p",
    **options: str,
) -> Path:
    """Write a film, and with a `sound` (a codec) a tone beside it; return its path."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=RATE, options=options)
        stream.height, stream.width = frames.shape[1:3]
        stream.pix_fmt = pixels
        stream.codec_context.time_base = unit
        if turned:
            stream.set_display_rotation(turned)
        tone = container.add_stream(sound, rate=16000, layout="mono") if sound else None
        for number, pixels_ in enumerate(frames):
            frame = av.VideoFrame.from_ndarray(pixels_, format="rgb24")
            frame.pts = number if times is None else times[number]
            frame.time_base = unit
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
        if tone is not None:
            end = len(frames) * unit if times is None else (times[-1] + 1) * unit
            for packet in _tone(tone, float(end)):
                container.mux(packet)
    return path


def _tone(stream: Any, seconds: float) -> Any:
    samples = np.sin(np.arange(int(16000 * seconds)) * 0.17)
    frame = av.AudioFrame.from_ndarray(
        (samples * 9000).astype(np.int16)[np.newaxis], format="s16", layout="mono"
    )
    frame.sample_rate, frame.pts, frame.time_base = 16000, 0, Fraction(1, 16000)
    resampler = av.AudioResampler(
        stream.codec_context.format, "mono", 16000, frame_size=stream.codec_context.frame_size
    )
    for part in [*resampler.resample(frame), *resampler.resample(None)]:
        yield from stream.encode(part)
    yield from stream.encode(None)


def stamps(path: Path) -> list[Fraction]:
    """Return when the frames are shown, in seconds."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        return sorted(p.pts * Fraction(p.time_base) for p in container.demux(stream) if p.size)


def heard(path: Path) -> tuple[int, float]:
    """Return the number of samples of a film's sound, and how loud it is, of 1."""
    with av.open(str(path)) as container:
        parts = [frame.to_ndarray() for frame in container.decode(container.streams.audio[0])]
    samples = np.concatenate(parts, axis=-1)
    full = {"u": 128.0, "i": 32768.0, "f": 1.0}[samples.dtype.kind]
    return samples.shape[-1], float((samples / full).std())


def shown(path: Path) -> NDArray[np.uint8]:
    """Return a film's frames as PyAV alone reads them."""
    with av.open(str(path)) as container:
        return np.stack([f.to_ndarray(format="rgb24") for f in container.decode(video=0)])
