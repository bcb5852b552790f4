"""What a run costs in memory and time, known before it starts."""

from napari_neural_style.costs.estimate import Estimate, estimate_for

__all__ = ["Estimate", "estimate_for"]
