"""Adam (Kingma and Ba, arXiv:1412.6980) on parameters, with moments that a checkpoint can keep."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import tensorflow as tf

__all__ = ["Adam"]

_BETA_1, _BETA_2, _EPSILON = 0.9, 0.99, 1e-8


class Adam:
    """Adam over named variables.

    Parameters
    ----------
    variables : mapping of str to tf.Variable
    """

    def __init__(self, variables: Mapping[str, tf.Variable]) -> None:
        self._variables = list(variables.values())
        self._first = [tf.Variable(tf.zeros_like(v)) for v in self._variables]
        self._second = [tf.Variable(tf.zeros_like(v)) for v in self._variables]
        #: The running means of gradients and of their squares, by name.
        self.moments: dict[str, tf.Variable] = {
            **{f"first/{name}": v for name, v in zip(variables, self._first, strict=True)},
            **{f"second/{name}": v for name, v in zip(variables, self._second, strict=True)},
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
        """
        bias_1, bias_2 = 1 - _BETA_1**count, 1 - _BETA_2**count
        for variable, gradient, first, second in zip(
            self._variables, gradients, self._first, self._second, strict=True
        ):
            first.assign_add((1 - _BETA_1) * (gradient - first))
            second.assign_add((1 - _BETA_2) * (tf.square(gradient) - second))
            variable.assign_sub(rate * (first / bias_1) / (tf.sqrt(second / bias_2) + _EPSILON))
