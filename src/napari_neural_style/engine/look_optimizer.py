"""What improves the parameters of a look's network: Muon for its kernels, Adam for all else.

Muon (K. Jordan et al., "Muon: An optimizer for hidden layers in neural networks", 2024) makes the
momentum of a kernel orthogonal, so that every direction that the gradients agree on is followed
alike, and not only the few strongest ones: with as many steps, looks come closer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import tensorflow as tf

__all__ = ["LookOptimizer", "orthogonal"]

#: Adam (D. Kingma and J. Ba, arXiv:1412.6980); the former is Muon's momentum as well.
_BETA_1, _BETA_2, _EPSILON = 0.9, 0.99, 1e-8
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
        self._variables = dict(variables)
        self._first = {n: tf.Variable(tf.zeros_like(v)) for n, v in variables.items()}
        self._second = {
            n: tf.Variable(tf.zeros_like(v)) for n, v in variables.items() if not _is_inner(n)
        }

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
        bias_1, bias_2 = 1 - _BETA_1**count, 1 - _BETA_2**count
        for (name, variable), gradient in zip(self._variables.items(), gradients, strict=True):
            first = self._first[name]
            first.assign_add((1 - _BETA_1) * (gradient - first))
            if _is_inner(name):
                ahead = _BETA_1 * first + (1 - _BETA_1) * gradient  # Nesterov's
                matrix = tf.reshape(ahead, [-1, variable.shape[-1]])
                # Of an orthogonal matrix the root mean square is one over the longer side's root.
                change = orthogonal(matrix) * max(matrix.shape) ** 0.5
                variable.assign_sub(rate * _KERNELS * tf.reshape(change, variable.shape))
            else:
                second = self._second[name]
                second.assign_add((1 - _BETA_2) * (tf.square(gradient) - second))
                change = (first / bias_1) / (tf.sqrt(second / bias_2) + _EPSILON)
                variable.assign_sub(rate * change)


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
    x /= tf.norm(x) + _EPSILON
    for _ in range(_ITERATIONS):
        square = tf.matmul(x, x, transpose_b=True)
        x = a * x + tf.matmul(b * square + c * tf.matmul(square, square), x)
    return tf.transpose(x) if upright else x


def _is_inner(name: str) -> bool:
    return name.endswith(".kernel") and name not in _ENDS
