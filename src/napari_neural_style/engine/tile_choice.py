"""Whether a picture is painted whole or in tiles, and what that was measured to cost."""

from __future__ import annotations

from dataclasses import replace

from napari_neural_style.costs.available import available_memory
from napari_neural_style.costs.measured import (
    expected_costs,
    measured_costs,
    remember_costs,
    remember_pace,
)
from napari_neural_style.costs.model import (
    NetworkCosts,
    Plan,
    network_bytes,
    padded,
    pixels_at_once,
    tiles_along,
    work,
)
from napari_neural_style.costs.planning import check_fits, largest_size, plan
from napari_neural_style.engine.features import FeatureNetwork
from napari_neural_style.engine.peak_memory import PeakMemory
from napari_neural_style.pictures.images import fit
from napari_neural_style.settings import Settings

__all__ = ["TileChoice"]

#: What memory is measured on fewer pixels says little about many ...
_ENOUGH_PIXELS = 400_000
#: ... but time does: a picture of the usual size has this many.
_ENOUGH_FOR_TIME = 150_000
#: Nor does a step or two.
_ENOUGH_STEPS = 3


class TileChoice:
    """What `Settings.tile` comes to at each scale.

    Parameters
    ----------
    asked, fitted : Settings
        As they were asked for, by which costs are kept; and with all layers named.
    network : FeatureNetwork
    device : str
        As `napari_neural_style.engine.device` picks it. How much memory a GPU has is not known:
        there, smaller tiles are taken when it runs out.
    margin : int
        Pixels around a tile; 0 if there can be no tiles.
    """

    def __init__(
        self, asked: Settings, fitted: Settings, network: FeatureNetwork, device: str, margin: int
    ) -> None:
        self._asked, self._settings = asked, fitted
        self._memory: PeakMemory | None = None
        self._device = device
        self._available = available_memory() if device.startswith("/CPU") else None
        costs = measured_costs(asked) or expected_costs(fitted, getattr(network, "density", None))
        if costs is not None:
            joints = costs.joints if hasattr(network, "stem") else ()
            costs = replace(costs, margin=margin, joints=joints)
        #: None if nothing is known of the network yet: then pictures are whole.
        self._costs = costs
        self._margin = margin

    def check(self, content: tuple[int, ...], size: int) -> None:
        """Raise an error if a content cannot be painted at a size, for lack of memory.

        Raises
        ------
        SettingsError
            If so, with the largest size that can.
        """
        if self._costs is None or self._available is None:
            return
        found = plan(
            padded(fit(content, size), self._settings), self._settings, self._costs, self._available
        )
        if not found.fits:
            largest = largest_size(content, self._settings, self._costs, self._available)
            check_fits(found, size, largest, self._available)

    def plan(self, shape: tuple[int, int]) -> Plan:
        """Return how a picture of that height and width is painted."""
        costs, tile = self._costs, self._settings.tile
        if costs is None:
            side = 0 if tile == "auto" or not self._margin else tile
            side = side if side and tiles_along(max(shape), side) > 1 else 0
            return Plan(side, 0, True)
        return plan(shape, self._settings, costs, self._available)

    def watch(self) -> None:
        """Begin to measure the memory that the run takes."""
        self._memory = PeakMemory(self._device)

    def learn(self, shape: tuple[int, int], tiling: Plan, steps: int, seconds: float) -> None:
        """Keep what the steps of a scale were measured to cost.

        Parameters
        ----------
        shape : (int, int)
        tiling : Plan
            How it was painted.
        steps : int
            How many were timed.
        seconds : float
            Of all of them.
        """
        costs = self._costs or NetworkCosts(0.0, 0.0, self._margin)
        pixels = pixels_at_once(tiling, shape, self._margin)
        if steps < _ENOUGH_STEPS or pixels < min(_ENOUGH_FOR_TIME, _ENOUGH_PIXELS):
            return
        pace = seconds / steps / work(tiling, shape, self._margin)
        if pixels < _ENOUGH_PIXELS:
            remember_pace(self._asked, pace)
            return
        costs = replace(costs, seconds_per_pixel=pace)
        peak = self._memory.added() if self._memory else None
        if peak is not None:
            found = network_bytes(peak, tiling, shape, self._settings, costs)
            # In an engine that has run before, much of the memory is there already.
            before = measured_costs(self._asked)
            found = max(found, before.bytes_per_pixel if before else 0.0)
            costs = replace(costs, bytes_per_pixel=found or costs.bytes_per_pixel)
        if costs.bytes_per_pixel:
            remember_costs(self._asked, costs)
