"""Errors cross the pipe between the processes, and superqt's workers, unharmed."""

from __future__ import annotations

import pickle

import pytest

from napari_neural_style import errors

ALL = [getattr(errors, name) for name in errors.__all__ if name[0].isupper()]


@pytest.mark.parametrize("kind", ALL)
def test_errors_survive_pickling(kind):
    found = pickle.loads(pickle.dumps(kind("What happened, and what to do.")))
    assert type(found) is kind
    assert str(found) == "What happened, and what to do."


def test_details_survive_pickling_apart_from_the_text():
    found = pickle.loads(pickle.dumps(errors.EngineFailed("It broke.", "Traceback: ...")))
    assert (str(found), found.details) == ("It broke.", "Traceback: ...")


@pytest.mark.parametrize("kind", ALL)
def test_no_error_is_one_that_generator_workers_swallow(kind):
    assert issubclass(kind, errors.NeuralStyleError)
    assert not issubclass(kind, RuntimeError)


def test_errors_of_values_are_value_errors_too():
    assert issubclass(errors.SettingsError, ValueError)
    assert issubclass(errors.ImageError, ValueError)


class TooDark(errors.ImageError):
    """One of an extension's, which needs more than its text, and holds what cannot travel."""

    def __init__(self, level: float, limit: float) -> None:
        super().__init__(f"The content is too dark: {level} is below {limit}.")
        self.measure = lambda: level


class NoLuck(errors.ExtensionError):
    pass


def test_errors_of_others_travel_as_ours() -> None:
    sent = pickle.loads(pickle.dumps(errors.portable(TooDark(0.1, 0.2))))
    assert type(sent) is errors.ImageError
    assert str(sent) == "The content is too dark: 0.1 is below 0.2."
    sent = pickle.loads(pickle.dumps(errors.portable(NoLuck("It broke.", "Traceback ..."))))
    assert type(sent) is errors.ExtensionError
    assert (str(sent), sent.details) == ("It broke.", "Traceback ...")
