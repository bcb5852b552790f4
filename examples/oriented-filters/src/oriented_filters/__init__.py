"""An extension of napari-neural-style: oriented filters as a feature network, and a preset."""

from napari_neural_style.hooks import FeatureNetworkSpec, Preset, hookimpl

LAYERS = ("scale1", "scale2", "scale3", "scale4", "scale5")


@hookimpl
def feature_networks() -> list[FeatureNetworkSpec]:
    """Return the one network of this package; TensorFlow is imported when it is loaded."""
    return [
        FeatureNetworkSpec(
            name="oriented",
            title="Oriented filters",
            description="A fixed bank of filters: strokes, grain and colour, nothing learnt.",
            load="oriented_filters.network:load",
            layers=LAYERS,
        )
    ]


@hookimpl
def presets() -> dict[str, Preset]:
    """Return a recipe that suits the network."""
    return {
        "hatched": Preset(
            "Strokes, grain and colour by fixed filters, the content's outlines kept.",
            {"features": "oriented", "steps": 160},
        )
    }
