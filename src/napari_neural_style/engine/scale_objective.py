"""The objective at one scale: of the whole picture, or in tiles where it would not fit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from napari_neural_style.costs.model import Plan
from napari_neural_style.engine.adam_in_place import AdamInPlace
from napari_neural_style.engine.compiled import compiled_objective
from napari_neural_style.engine.features import FeatureNetwork
from napari_neural_style.engine.objective import Objective
from napari_neural_style.engine.optimizers import Optimizer
from napari_neural_style.engine.scale_inputs import ScaleInputs
from napari_neural_style.engine.targets import Hyperparameters, refreshed
from napari_neural_style.engine.tileable import margin_of, obstacle_to_tiles
from napari_neural_style.engine.tiled import TiledObjective
from napari_neural_style.engine.tiled_targets import Tiling
from napari_neural_style.errors import EngineFailed
from napari_neural_style.settings import SMALLEST_TILE, Settings

__all__ = ["Objectives", "ScaleObjective"]

#: Style targets that age, as those of the Wasserstein loss, are refreshed every this many steps ...
_REFRESH_STEPS = 8
#: ... and after each of the first steps of a scale, which change the picture fast.
_RESTLESS_STEPS = 4

_Losses = dict[str, tf.Tensor]


class Objectives:
    """The objectives of a run: of whole pictures, and of tiles of them.

    Parameters
    ----------
    network : FeatureNetwork
    settings : Settings
        With all feature layers named.
    device : str
        As `napari_neural_style.engine.device` picks it.
    anchored, guides, graded
        As for `Objective`.
    between : callable
        Called before each tile: here a run can pause or be cancelled.
    """

    def __init__(
        self,
        network: FeatureNetwork,
        settings: Settings,
        device: str,
        *,
        anchored: bool,
        guides: int,
        graded: bool,
        between: Callable[[], object],
    ) -> None:
        self._arguments = network, settings, device
        self._options: dict[str, Any] = {"anchored": anchored, "guides": guides, "graded": graded}
        self._between = between
        #: In how many directions neighbours are looked for in a style.
        self.turns = settings.style_turns
        #: Why there are no tiles, in one sentence; None where there can be.
        self.obstacle = obstacle_to_tiles(network, settings)
        #: How many pixels the network sees around a tile; 0 where there are none.
        self.margin = 0
        if not self.obstacle:
            self.margin = margin_of(network, {**settings.content_layers, **settings.style_layers})
        #: The objective of whole pictures.
        self.whole = self._compiled(tiled=False)

    def hyperparameters(self, settings: Settings, size: int, at: int) -> Hyperparameters:
        """Return the weights of the terms at a scale of the side `at`, of a run up to `size`."""
        return Hyperparameters.of(settings, size, at=at, neighbors=self.whole.neighbors)

    def of(self, tiling: Plan) -> Objective:
        """Return the objective for pictures that are painted in this way."""
        if not tiling.side or self.obstacle:
            return self.whole
        joint = tiling.joint.layer if tiling.joint else ""
        objective = self._compiled(tiled=True, joint=joint, in_place=tiling.in_place)
        assert isinstance(objective, TiledObjective)
        objective.tiling = Tiling(tiling.side, self._between)
        return objective

    def optimizer(self, tiling: Plan) -> Optimizer | AdamInPlace:
        """Return the optimiser of pictures that are painted in this way."""
        objective = self.of(tiling)
        in_place = objective.in_place if isinstance(objective, TiledObjective) else None
        return in_place or objective.optimizer

    def _compiled(self, **how: Any) -> Objective:
        network, settings, device = self._arguments
        return compiled_objective(network, settings, device, **how, **self._options)


class ScaleObjective:
    """What a run minimises at one scale.

    An error for lack of memory costs nothing: the step is done again, in smaller tiles. What an
    optimiser that works in place has changed by then stays changed.

    Parameters
    ----------
    objectives : Objectives
    inputs : ScaleInputs
    picture : tensor of float32, shape (1, H, W, 3)
        Where the run stands.
    tiling : Plan
        Whether the picture is whole or in tiles, and of which side.
    """

    def __init__(
        self, objectives: Objectives, inputs: ScaleInputs, picture: tf.Tensor, tiling: Plan
    ) -> None:
        self._objectives, self._inputs = objectives, inputs
        #: As it is in the end: the tiles may have become smaller.
        self.tiling = tiling._replace(side=0) if objectives.obstacle else tiling
        #: What the user should be told since it was last emptied.
        self.told: list[str] = []
        self._with_memory(lambda: self._prepare(picture))
        self._steps = 0

    def guided_by(self, inputs: ScaleInputs, picture: tf.Tensor) -> None:
        """Go on with the guides of other inputs, which are the same apart from them."""
        self._inputs = inputs
        self._with_memory(lambda: self._aim_from(picture), lambda: self._prepare(picture))

    def _prepare(self, picture: tf.Tensor) -> None:
        self._objective = self._objectives.of(self.tiling)
        self._functions = self._objective.target_functions(self._inputs.regions)
        self._neighbors = self._objective.neighbor_targets(
            self._inputs.regions, self._objectives.turns
        )
        self._aim_from(picture)

    def _aim_from(self, picture: tf.Tensor) -> None:
        self._targets = self._objective.targets(
            self._inputs.content,
            picture,
            self._functions,
            guides=self._inputs.guides,
            anchors=self._inputs.anchors,
        )
        self._targets = self._targets.matched(
            [(own.side, own.places(picture, self._inputs.guides)) for own in self._neighbors]
        )

    def step(
        self, state: Any, hyperparameters: Hyperparameters, losses: _Losses
    ) -> tuple[Any, _Losses]:
        """Take one step from a state; return the new state and its losses.

        Raises
        ------
        EngineFailed
            If the memory is not even enough for the smallest tiles.
        """
        state, losses, statistics = self._with_memory(
            lambda: self._objective.step(state, self._targets, hyperparameters, losses),
            lambda: self._prepare(state.image),
        )
        self._steps += 1
        if self._objective.targets_age and _refreshes_targets(self._steps):
            self._targets = self._targets._replace(style=refreshed(self._functions, statistics))
        return state, losses

    def _with_memory(
        self, work: Callable[[], Any], prepare: Callable[[], None] = lambda: None
    ) -> Any:
        """Return what `work` returns, tried again in smaller tiles if the memory ran out."""
        prepared = True
        while True:
            try:
                if not prepared:
                    prepare()
                return work()
            except tf.errors.ResourceExhaustedError as error:
                details = str(error)
            # Not while the error is at hand, which keeps all tensors that were in use.
            self._halve(details)
            prepared = False

    def _halve(self, details: str) -> None:
        self._objective = self._targets = None  # type: ignore[assignment]
        shape = self._inputs.margins.padded_shape
        # Smaller tiles do not help against what is kept of the whole picture.
        side = self.tiling.side if self.tiling.joint else (self.tiling.side or max(shape)) // 2
        if self._objectives.obstacle or side < SMALLEST_TILE:
            reason = self._objectives.obstacle or "even in the smallest tiles"
            raise EngineFailed(
                f"There is not enough memory for this picture ({reason}): paint it at a smaller "
                f"size.",
                details,
            )
        self.tiling = self.tiling._replace(side=side, joint=None)
        self.told.append(
            f"The memory ran out: the run goes on in tiles of {side} pixels, from the same picture."
        )


def _refreshes_targets(scale_step: int) -> bool:
    """Whether style targets that age are made anew after this step of a scale."""
    return scale_step <= _RESTLESS_STEPS or scale_step % _REFRESH_STEPS == 0
