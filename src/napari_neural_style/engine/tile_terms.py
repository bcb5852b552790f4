"""What a part of a picture adds to the terms of the losses, as plain functions of its features."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

import tensorflow as tf

from napari_neural_style.engine.guides import held
from napari_neural_style.engine.losses import Moments, moments
from napari_neural_style.engine.terms import Terms
from napari_neural_style.engine.tiled_targets import TilePart

__all__ = ["FarTerms", "added", "content_terms", "energies", "region_moments", "with_rest"]

_Tensors = dict[str, tf.Tensor]


class FarTerms(NamedTuple):
    """What layers behind a joint add to the terms of the losses, as in `Terms`."""

    content: dict[str, tf.Tensor]
    moments: dict[str, tuple[Moments, ...]]


def content_terms(
    features: Mapping[str, tf.Tensor], part: TilePart, loss: Callable[..., tf.Tensor]
) -> _Tensors:
    """Return what the part adds to the content loss of each of its layers, an absolute one."""
    terms = {}
    for name, kept in part.content.items():
        wanted = tf.cast(kept, tf.float32)
        found = held(features[name], wanted, part.firm.get(name))
        terms[name] = part.shares[name] * loss(found, wanted, relative=False)
    return terms


def region_moments(
    features: Mapping[str, tf.Tensor], part: TilePart
) -> dict[str, tuple[Moments, ...]]:
    """Return what the part adds to the moments of each region, at each of its style layers."""
    return {
        name: tuple(moments(features[name], weights) for weights in regions)
        or (Moments(*(part.shares[name] * value for value in moments(features[name]))),)
        for name, regions in part.positions.items()
    }


def energies(parts: Iterable[TilePart], loss: Callable[..., tf.Tensor]) -> _Tensors:
    """Return what each content loss is relative to: the loss of a map without any features."""
    total: _Tensors = {}
    for part in parts:
        for name, kept in part.content.items():
            wanted = tf.cast(kept, tf.float32)
            found = part.shares[name] * loss(tf.zeros_like(wanted), wanted, relative=False)
            total[name] = total[name] + found if name in total else found
    return total


def with_rest(terms: Terms, far: Iterable[FarTerms]) -> Terms:
    """Return the terms of the first layers with those of the layers behind the joint."""
    for more in far:
        terms = terms._replace(
            content={**terms.content, **more.content}, moments={**terms.moments, **more.moments}
        )
    return terms


def added(total: Any, more: Any) -> Any:
    """Return the sum of two structures of the same kind; `more` where there is no `total` yet."""
    return more if total is None else tf.nest.map_structure(tf.add, total, more)
