"""Where the student begins: with the teacher's most telling channels, fitted layer by layer."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import scipy.linalg
import tensorflow as tf
from network import Network, block
from numpy.typing import NDArray

__all__ = ["Heads", "first_student"]

#: For each layer, the linear map from the student's channels to the teacher's: kernel and bias.
Heads = dict[str, tuple[NDArray[np.float32], NDArray[np.float32]]]

_CHOICE_POSITIONS = 8000
#: A kernel of 96 inputs has 864 values for each output: from few positions it learns by heart.
_FIT_POSITIONS = 80_000
#: Of the regressors' mean variance; keeps channels that are nearly alike from huge weights.
_RIDGE = 1e-3


def first_student(
    teacher: Network, widths: Sequence[int], images: tf.Tensor, seed: int
) -> tuple[Network, Heads]:
    """Return a student that already resembles the teacher, and its heads.

    Each layer keeps the channels that a QR decomposition with pivoting of the teacher's map picks
    first: those that together explain the most. Its kernels are then fitted by least squares so
    that the student's own maps before it give the teacher's values before the ReLU (as Y. He et
    al. prune channels, arXiv:1707.06168).

    Parameters
    ----------
    teacher : Network
    widths : sequence of int
        Channels of the five blocks; never more than the teacher's are kept.
    images : tensor of float32, shape (B, H, W, 3)
        RGB, 0 to 1.
    seed : int
        Of the positions that are looked at.
    """
    rng = np.random.default_rng(seed)
    taught = teacher(images)
    student = Network({}, {}, "blur", "float32")
    maps: dict[str, tf.Tensor] = {}
    heads: Heads = {}
    for layer in teacher.layers:
        # Shallow maps have more positions than are needed.
        height, width = taught[layer].shape[1:3]
        count = min(len(images), -(-_FIT_POSITIONS // (height * width)))
        values = _rows(taught[layer][:count])
        chosen = _pivots(
            values[_some(rng, len(values), _CHOICE_POSITIONS)], widths[block(layer) - 1]
        )
        before = {name: features[:count] for name, features in taught.items()}
        wanted = _rows(teacher.before_relu(layer, images[:count], before))[:, chosen]
        student.layers += (layer,)
        seen = _rows(
            tf.image.extract_patches(
                student.padded(layer, images, maps)[:count],
                [1, 3, 3, 1],
                [1] * 4,
                [1] * 4,
                "VALID",
            )
        )
        slope, student.biases[layer] = _fitted(seen, wanted)
        student.kernels[layer] = slope.reshape(3, 3, -1, len(chosen))
        maps[layer] = tf.nn.relu(student.before_relu(layer, images, maps))
        heads[layer] = _fitted(_rows(maps[layer][:count]), values)
    return student, heads


def _rows(maps: tf.Tensor) -> NDArray[np.float32]:
    return tf.cast(tf.reshape(maps, [-1, maps.shape[-1]]), tf.float32).numpy()


def _some(rng: np.random.Generator, count: int, most: int) -> NDArray[np.int_]:
    return rng.choice(count, min(count, most), replace=False)


def _pivots(values: NDArray[np.float32], count: int) -> NDArray[np.int_]:
    """Return the channels that explain most, in order; loud ones count more, but not by all."""
    weighted = (values - values.mean(0)) / np.sqrt(values.std(0).clip(1e-3))
    order = scipy.linalg.qr(weighted, mode="r", pivoting=True)[1]
    return np.sort(order[:count])


def _fitted(
    seen: NDArray[np.float32], wanted: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return slope and offset of the linear regression of `wanted` on `seen`."""
    means = seen.mean(0), wanted.mean(0)
    centred = (seen - means[0]).astype(np.float64)
    covariance = centred.T @ centred / len(seen)
    lift = _RIDGE * np.trace(covariance) / len(covariance) + 1e-12
    covariance[np.diag_indices_from(covariance)] += lift
    shared = centred.T @ (wanted - means[1]) / len(seen)
    slope = scipy.linalg.solve(covariance, shared, assume_a="pos")
    return np.asarray(slope, np.float32), np.asarray(means[1] - means[0] @ slope, np.float32)
