"""Milliseconds per step on a GPU, at 512 and 1024 px.

    python benchmarks/gpu.py --weights vgg19.h5

Where TensorFlow sees a GPU, it runs our compiled step on it. Where it does not but JAX is
installed, TensorFlow hands over the very same step as StableHLO, and JAX's XLA compiles and runs it
on whatever device JAX has: the same mathematics under the same compiler. With neither, it says so.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import statistics
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# JAX and TensorFlow share the device here: neither may take all of its memory.
os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")

import numpy as np
import tensorflow as tf
from common import add_weights_option, machine

from napari_neural_style.engine.arithmetic import pick_precision
from napari_neural_style.engine.device import describe_device, pick_device
from napari_neural_style.engine.objective import Objective
from napari_neural_style.engine.targets import Hyperparameters, StyleInput
from napari_neural_style.engine.vgg import VGG19
from napari_neural_style.engine.weights import read_weights
from napari_neural_style.presets import catalogue as presets

#: Steps between two looks at the clock; the host waits for the device only there.
_BATCH = 20


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_weights_option(parser)
    parser.add_argument("--sizes", type=int, nargs="+", default=[512, 1024])
    parser.add_argument("--presets", nargs="+", default=["balanced", "paper"])
    parser.add_argument("--precisions", nargs="+", default=["float32", "bfloat16"])
    parser.add_argument("--batches", type=int, default=5)
    given = parser.parse_args()

    device = pick_device("auto")
    on_tensorflow = not device.startswith("/CPU")
    if on_tensorflow:
        print(f"{machine()}, {describe_device(device)}; auto is {pick_precision('auto', device)}")
    elif importlib.util.find_spec("jax"):
        import jax

        print(f"{machine()}; JAX {jax.__version__} on {jax.devices()[0].device_kind}")
    else:
        print("TensorFlow sees no GPU, and JAX is not installed: there is nothing to measure.")
        return

    print("preset     precision  px     ms/step  1,000 steps  compiled in")
    for preset in given.presets:
        for precision in given.precisions:
            for size in given.sizes:
                with tf.device(device):
                    objective, arguments = _first_step(given.weights, preset, precision, size)
                    start = time.perf_counter()
                    run = (_in_tensorflow if on_tensorflow else _in_jax)(objective, arguments)
                    run(1)
                    compiling = time.perf_counter() - start
                    run(_BATCH)
                    seconds = []
                    for _ in range(given.batches):
                        start = time.perf_counter()
                        run(_BATCH)
                        seconds.append((time.perf_counter() - start) / _BATCH)
                step = statistics.median(seconds)
                print(
                    f"{preset:10} {precision:10} {size:4} {1e3 * step:9.2f} {1e3 * step:10.1f} s"
                    f" {compiling:9.1f} s",
                    flush=True,
                )


def _first_step(
    path: Path, preset: str, precision: str, size: int
) -> tuple[Objective, tuple[object, ...]]:
    """Return an objective as runs compile it for a GPU, and the arguments of its first step."""
    settings = presets.settings(preset, precision=precision)
    network = VGG19(
        read_weights(path), pooling=settings.pooling, padding=settings.padding, precision=precision
    )
    objective = Objective(network, settings, xla=True)
    rng = np.random.default_rng(0)
    content, style = (tf.constant(rng.random((1, size, size, 3)), tf.float32) for _ in range(2))
    targets = objective.targets(content, content, objective.target_functions([[StyleInput(style)]]))
    state = objective.optimizer.init(content)
    return objective, (state, targets, Hyperparameters.of(settings), objective.no_losses())


def _in_tensorflow(objective: Objective, first: tuple[object, ...]) -> Callable[[int], None]:
    state, targets, hyperparameters, losses = first

    def run(steps: int) -> None:
        nonlocal state, losses
        for _ in range(steps):
            state, losses, _ = objective.step(state, targets, hyperparameters, losses)
        float(losses["total"])

    return run


def _in_jax(objective: Objective, first: tuple[object, ...]) -> Callable[[int], None]:
    """Compile the step's StableHLO with JAX's client; return a call that takes so many steps."""
    import jax
    from jax._src import xla_bridge
    from jaxlib import xla_client

    client = xla_bridge.get_backend()
    program = objective.step.experimental_get_compiler_ir(*first)(stage="stablehlo")
    step = client.compile_and_load(
        program,
        xla_client.DeviceList(tuple(client.local_devices()[:1])),
        xla_client.CompileOptions(),
    )
    # The network's weights come last, in the order in which the step captured them.
    captured = objective.step.get_concrete_function(*first).captured_inputs
    state, targets, hyperparameters, losses, weights = (
        [jax.device_put(value.numpy()) for value in tf.nest.flatten(part)]
        for part in (*first, captured)
    )

    def run(steps: int) -> None:
        nonlocal state, losses
        for _ in range(steps):
            results = step.execute_sharded([*state, *targets, *hyperparameters, *losses, *weights])
            values = [value for (value,) in results.disassemble_into_single_device_arrays()]
            state, losses = values[: len(state)], values[len(state) : len(state) + len(losses)]
        jax.block_until_ready(losses)

    return run


if __name__ == "__main__":
    main()
