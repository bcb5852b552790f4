"""Messages over a real pipe."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import tracemalloc

import numpy as np
import pytest

from napari_neural_style.errors import EngineFailed
from napari_neural_style.job import Job
from napari_neural_style.process.messages import Ended, Order, Start, receive, send
from napari_neural_style.settings import Settings


@pytest.fixture
def pipe():
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb") as source, os.fdopen(writing, "wb") as sink:
        yield source, sink


def test_messages_arrive_whole_and_in_order(pipe):
    source, sink = pipe
    image = np.random.default_rng(0).uniform(0, 1, (16, 16, 3)).astype(np.float32)
    settings = Settings(steps=7, style_layers={"block1_conv1": 2})
    send(sink, Start(3, Job(image, image[:5], settings)))
    send(sink, Order(3, "pause"))
    start, order = receive(source), receive(source)
    assert (start.run, order) == (3, Order(3, "pause"))
    assert start.job.settings == settings
    np.testing.assert_array_equal(start.job.content, image)


@pytest.mark.parametrize(
    "change", [lambda a: a, lambda a: a[::2, 1:], np.asfortranarray, lambda a: a[:0], lambda a: a.T]
)
def test_arrays_arrive_as_they_are(pipe, change):
    source, sink = pipe
    image = change(np.random.default_rng(0).normal(size=(6, 9, 3)))
    fixed = image.copy()
    fixed.flags.writeable = False
    send(sink, (image, fixed, "beside them"))
    found, found_fixed, text = receive(source)
    for one in (found, found_fixed):
        np.testing.assert_array_equal(one, image)
    found += 1
    assert not np.shares_memory(found, found_fixed)
    assert text == "beside them"


def test_sending_a_large_picture_takes_no_second_one():
    image = np.zeros((2000, 2000, 3), np.float32)
    image[5, 6] = 1
    with open(os.devnull, "wb") as sink:
        tracemalloc.start()
        send(sink, image)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert peak < image.nbytes / 10


def test_errors_travel_with_their_text_and_details(pipe):
    source, sink = pipe
    send(sink, Ended(4, EngineFailed("It broke.", "Traceback ...")))
    error = receive(source).error
    assert (type(error), str(error), error.details) == (EngineFailed, "It broke.", "Traceback ...")


def test_what_cannot_be_sent_leaves_the_pipe_as_it_was(pipe):
    source, sink = pipe
    with pytest.raises((AttributeError, TypeError, pickle.PicklingError)):
        send(sink, [np.zeros(1000), lambda: None])
    send(sink, Order(1, "cancel"))
    assert receive(source) == Order(1, "cancel")


@pytest.mark.parametrize("sent", [0, 1, 20])
def test_message_cut_off_is_the_end_of_the_conversation(tmp_path, sent):
    path = tmp_path / "stream"
    with path.open("wb") as sink:
        send(sink, Order(1, "cancel"))
    path.write_bytes(path.read_bytes()[:sent])
    with path.open("rb") as source, pytest.raises(EOFError):
        receive(source)


def test_chatter_of_the_child_does_not_reach_the_pipe():
    """Python's prints and what C libraries write to file 1 both go to the log."""
    script = (
        "import os, sys\n"
        "from napari_neural_style.process.messages import Order, send\n"
        "from napari_neural_style.process.server import _private_pipes\n"
        "_, answers = _private_pipes()\n"
        "print('chatter', flush=True)\n"
        "os.write(1, b'native chatter')\n"
        "send(answers, Order(5, 'resume'))\n"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    with child:
        assert receive(child.stdout) == Order(5, "resume")
        assert child.stdout.read() == b""
        assert b"chatter" in child.stderr.read()
