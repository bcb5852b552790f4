"""What improves the parameters of a look's network: Muon for its kernels, Adam for all else.

Muon (K. Jordan et al., "Muon: An optimizer for hidden layers in neural networks", 2024) makes the
momentum of a kernel orthogonal, so that every direction that the gradients agree on is followed
alike, and not only the few strongest ones: with as many steps, looks come closer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import tensorflow as tf

from napari_neural_style.engine.parameter_adam import Adam

__all__ = ["LookOptimizer", "is_inner", "orthogonal"]

_MOMENTUM = 0.9
_TINY = 1e-8
#: How much a kernel's numbers change in a step, as a root mean square, over Adam's rate.
_KERNELS = 1 / 3
#: Kernels between pixels and channels are Adam's, as Muon's authors advise.
_ENDS = ("enter.kernel", "grain.kernel", "leave.kernel")
#: The coefficients of Muon's authors: singular values between 0 and 1 come near 1 in five steps.
_QUINTIC = (3.4445, -4.7750, 2.0315)
_ITERATIONS = 5


class LookOptimizer:
    """Changes named variables by their gradients.

    Parameters
    ----------
    variables : mapping of str to tf.Variable
        Named as the network's parameters are.
    """

    def __init__(self, variables: Mapping[str, tf.Variable]) -> None:
        self._names = list(variables)
        self._inner = {name: v for name, v in variables.items() if is_inner(name)}
        self._momenta = {name: tf.Variable(tf.zeros_like(v)) for name, v in self._inner.items()}
        self._adam = Adam({n: v for n, v in variables.items() if not is_inner(n)})

    def step(self, gradients: Sequence[tf.Tensor], count: tf.Tensor, rate: tf.Tensor) -> None:
        """Change the variables.

        Parameters
        ----------
        gradients : sequence of tensor
            In the variables' order.
        count : tensor of float32, shape ()
            Which step this is; the first one is 1.
        rate : tensor of float32, shape ()
            Adam's learning rate.
        """
        found = dict(zip(self._names, gradients, strict=True))
        self._adam.step([g for n, g in found.items() if not is_inner(n)], count, rate)
        for name, variable in self._inner.items():
            gradient, momentum = found[name], self._momenta[name]
            momentum.assign_add((1 - _MOMENTUM) * (gradient - momentum))
            ahead = _MOMENTUM * momentum + (1 - _MOMENTUM) * gradient  # Nesterov's
            matrix = tf.reshape(ahead, [-1, variable.shape[-1]])
            # Of an orthogonal matrix the root mean square is one over the longer side's root.
            change = orthogonal(matrix) * max(matrix.shape) ** 0.5
            variable.assign_sub(rate * _KERNELS * tf.reshape(change, variable.shape))


def orthogonal(matrix: tf.Tensor) -> tf.Tensor:
    """Return nearly the orthogonal matrix that is nearest.

    Parameters
    ----------
    matrix : tensor of float32, shape (rows, columns)

    Returns
    -------
    tensor of float32, shape (rows, columns)
        Its singular values are between 0.6 and 1.3 wherever those of `matrix` are more than about
        a hundredth of the norm of all; zeros stay zeros. A Newton-Schulz iteration of fifth degree.
    """
    a, b, c = _QUINTIC
    upright = matrix.shape[0] > matrix.shape[1]
    x = tf.transpose(matrix) if upright else matrix
    x /= tf.norm(x) + _TINY
    for _ in range(_ITERATIONS):
        square = tf.matmul(x, x, transpose_b=True)
        x = a * x + tf.matmul(b * square + c * tf.matmul(square, square), x)
    return tf.transpose(x) if upright else x


def is_inner(name: str) -> bool:
    """Return whether a parameter is a kernel between channels, neither at pixels nor at grain."""
    return name.endswith(".kernel") and name not in _ENDS
