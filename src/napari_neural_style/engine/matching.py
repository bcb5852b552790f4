"""Which place of the style each place of the picture is drawn towards: nearest neighbours.

N. Kolkin et al., "Neural Neighbor Style Transfer" (arXiv:2203.13215), compare centred features by
their angle. N. Granot et al., "Drop the GAN: In Defense of Patches Nearest Neighbors as Single
Image Generative Models" (arXiv:2103.15545), divide each distance by that of the candidate to its
own nearest place, so that candidates that nobody is near become cheap and none is repeated all
over.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

__all__ = ["Candidates", "nearest"]

#: Distances are computed for this many places at a time.
_ROWS = 2048
#: How strongly candidates that nobody is near are favoured: less is more (`alpha` in the paper).
_BALANCE = 0.1
#: Rounds in which the styles' shares of the places are brought to what is asked for.
_ROUNDS = 60
#: How many principal components of the descriptors are compared.
_KEPT = 96
_TINY = 1e-12


class Candidates:
    """Cells of the styles, described so that a picture's places can be compared with them.

    Parameters
    ----------
    descriptors : tensor of float32, shape (m, d)
    widths : sequence of int
        How many of the d values each feature layer has; all layers count the same.
    owners : ndarray of int32, shape (m,)
        Which style each belongs to.
    shares : sequence of float
        Which share of the places each style serves, 1 in all.
    """

    def __init__(
        self,
        descriptors: tf.Tensor,
        widths: Sequence[int],
        owners: NDArray[np.int32],
        shares: Sequence[float],
    ) -> None:
        centred = descriptors - tf.reduce_mean(descriptors, 0)
        spread = [tf.norm(part) + _TINY for part in tf.split(centred, widths, axis=1)]
        scales = tf.repeat(1.0 / tf.stack(spread), widths)
        centred *= scales
        # In double precision eigenvalues are never a little below zero where they are tiny.
        covariance = tf.matmul(centred, centred, transpose_a=True).numpy().astype(np.float64)
        vectors = np.linalg.eigh(covariance)[1][:, ::-1][:, :_KEPT]
        basis = tf.constant(vectors, tf.float32)
        self._scaled_basis = scales[:, tf.newaxis] * basis
        #: How many principal components are compared.
        self.kept = vectors.shape[1]
        #: Unit vectors, of shape (m, kept).
        self.directions = _directions(tf.matmul(centred, basis))
        self.owners, self.shares = owners, shares

    def projected(self, descriptors: tf.Tensor) -> tf.Tensor:
        """Return the principal components of other descriptors, not centred."""
        return tf.matmul(descriptors, self._scaled_basis)


def nearest(places: NDArray[np.float32], candidates: Candidates) -> NDArray[np.int32]:
    """Return for each place the index of the candidate that it is drawn towards.

    Parameters
    ----------
    places : ndarray of float32, shape (n, candidates.kept)
        As `Candidates.projected` returns them; they are centred here by their own mean.
    candidates : Candidates
    """
    mean = places.mean(0)
    rows = [slice(start, start + _ROWS) for start in range(0, len(places), _ROWS)]

    def directions(some: slice) -> tf.Tensor:
        return _directions(tf.constant(places[some] - mean))

    least = tf.fill([len(candidates.owners)], np.inf)
    for some in rows:
        least = tf.minimum(least, _least(directions(some), candidates.directions))
    found, costs = [], []
    for style in range(len(candidates.shares)):
        members = np.flatnonzero(candidates.owners == style)
        own, cheap = tf.gather(candidates.directions, members), tf.gather(least, members)
        best = [_best(directions(some), own, cheap) for some in rows]
        found.append(members[np.concatenate([index.numpy() for index, _ in best])])
        costs.append(np.concatenate([cost.numpy() for _, cost in best]))
    served = _shared_out(np.stack(costs), np.asarray(candidates.shares))
    chosen: NDArray[np.int32] = np.stack(found)[served, np.arange(len(places))].astype(np.int32)
    return chosen


def _trace_least(places: tf.Tensor, candidates: tf.Tensor) -> tf.Tensor:
    return tf.reduce_min(1.0 - tf.matmul(places, candidates, transpose_b=True), 0)


def _trace_best(
    places: tf.Tensor, candidates: tf.Tensor, least: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor]:
    costs = (1.0 - tf.matmul(places, candidates, transpose_b=True)) / (_BALANCE + least)
    index = tf.argmin(costs, 1)
    return index, tf.gather(costs, index, batch_dims=1)


_least, _best = (
    tf.function(trace, reduce_retracing=True, autograph=False)
    for trace in (_trace_least, _trace_best)
)


def _shared_out(costs: NDArray[np.float32], shares: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return for each place which style serves it, so that each has about its share.

    A style that serves too many places becomes dearer, until the shares are right: the dual of the
    transport problem, by descent.

    Parameters
    ----------
    costs : ndarray of float32, shape (styles, n)
    shares : ndarray of float64, shape (styles,)
    """
    if len(shares) == 1:
        return np.zeros(costs.shape[1], int)
    prices, step = np.zeros(len(shares)), float(costs.std()) + _TINY
    for round_ in range(_ROUNDS):
        style = np.argmin(costs + prices[:, np.newaxis], 0)
        counts = np.bincount(style, minlength=len(shares)) / costs.shape[1]
        prices += step / (1 + 0.2 * round_) * (counts - shares)
    return np.asarray(np.argmin(costs + prices[:, np.newaxis], 0))


def _directions(vectors: tf.Tensor) -> tf.Tensor:
    return vectors / (tf.norm(vectors, axis=1, keepdims=True) + _TINY)
