"""`Settings`: all options of a run, in one validated record.

The widget, the console, the command line, presets and saved records all use these names. Limits,
choices and help texts are kept only here, in the fields' metadata.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from napari_neural_style.errors import SettingsError
from napari_neural_style.one_line import brief
from napari_neural_style.plain_values import parsed
from napari_neural_style.setting_fields import checked, setting

__all__ = ["LARGEST_SIZE", "SMALLEST_TILE", "STEERABLE", "Settings", "check_setting_names"]
__all__ += ["setting_names"]

#: The largest `Settings.size`; to a look it stands for the content's own size, however large.
LARGEST_SIZE = 8192

#: Settings that may be changed during a run.
STEERABLE = (
    "style_strength",
    "content_weight",
    "style_weight",
    "tv_weight",
    "temporal_weight",
    "learning_rate",
)


#: Tiles with a shorter side, in pixels, would be nearly all margin.
SMALLEST_TILE = 64


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How to stylise: one frozen, validated record.

    The defaults are the preset ``"balanced"``. `napari_neural_style.presets.catalogue` has the
    other presets, and its `describe` tells the meaning, limits and choices of each field.

    Raises
    ------
    SettingsError
        If a value has the wrong type, is out of its limits or not among the choices. Names of
        networks and losses are checked by `napari_neural_style.hooks.registered`.

    Examples
    --------
    >>> Settings(size=256, steps=100).steps
    100
    """

    preset: str = setting("balanced", "The recipe that the other settings started from.")
    features: str = setting(
        "vgg19",
        "The feature network that judges the picture: VGG19 trained on ImageNet, the small "
        "built-in one that needs no download, or one that an extension brings.",
        registered="feature_networks",
    )
    weights: str = setting(
        "auto",
        "Where VGG19's weights come from: 'auto' takes ImageNet's if they are there or can be "
        "downloaded and the built-in network otherwise, 'imagenet' insists on them, anything else "
        "is the path of a weights file.",
    )
    size: int = setting(
        512,
        "Longest side, in pixels, at which the picture is painted. The result is brought to the "
        "size of the content afterwards. Twice the size takes four times as long.",
        minimum=16,
        maximum=LARGEST_SIZE,
    )
    steps: int = setting(
        80,
        "How many times the picture is improved. More steps, more paint.",
        minimum=1,
        maximum=100_000,
    )
    update_every: int = setting(
        10, "The result layer is updated every this many steps.", minimum=1, maximum=10_000
    )
    seed: int = setting(
        0,
        "Number from which everything random is drawn. Same number, same picture.",
        minimum=0,
        maximum=2**31 - 1,
    )
    style_strength: float = setting(
        0.5, "From 0, the content hardly touched, to 1, mostly style.", minimum=0.0, maximum=1.0
    )
    content_weight: float = setting(
        0.006,
        "Weight of the content loss, alpha: how firmly the content's shapes are held.",
        minimum=0.0,
        maximum=1e9,
    )
    style_weight: float = setting(
        1.0,
        "Weight of the style loss, beta: how firmly the style is asked for.",
        minimum=0.0,
        maximum=1e9,
    )
    tv_weight: float = setting(
        0.2,
        "Weight of the total variation: higher is smoother, 0 keeps every grain.",
        minimum=0.0,
        maximum=1e9,
    )
    temporal_weight: float = setting(
        1.0,
        "Weight of the temporal loss, in films: how firmly a frame is held to the painting of the "
        "frame before, moved along with the motion. 0 lets every frame go its own way.",
        minimum=0.0,
        maximum=1e9,
    )
    content_layers: Mapping[str, float] = setting(
        {},
        "Feature layers that hold the content, with their weights, as in {'block4_conv2': 1}. "
        "Empty takes those that suit the feature network.",
    )
    style_layers: Mapping[str, float] = setting(
        {},
        "Feature layers whose statistics are the style, with their weights; block1 is colour and "
        "grain, block5 large shapes. Empty takes those that suit the feature network.",
    )
    style_scale: float = setting(
        1.0,
        "Size of the style's strokes in the picture: 0.5 makes them half as large, 2 twice as "
        "large, at any size of the picture. A style image is enlarged to twice its size at most.",
        minimum=0.1,
        maximum=4.0,
    )
    style_loss: str = setting(
        "auto",
        "What of the style is matched: the Gram matrices of Gatys; the same, centred, and the mean "
        "('moments'), which come closer to the style in fewer steps; nearest neighbours beside "
        "them, for real brushwork; or the Gaussian Wasserstein-2 distance. 'auto' takes what suits "
        "the features: moments for VGG19.",
        choices=("auto",),
        registered="style_losses",
    )
    style_turns: int = setting(
        1,
        "In how many directions, a quarter turn apart, nearest neighbours are looked for in a "
        "style: 4 finds strokes for every direction of the content; 1 takes the style as it hangs.",
        minimum=1,
        maximum=4,
    )
    finish_steps: int = setting(
        0,
        "How many steps bring the patches of the finished picture to those of the style: crisp "
        "brushwork with the style's own contrast. 30 do; 0 leaves the picture as the features "
        "have it.",
        minimum=0,
        maximum=1000,
    )
    content_loss: str = setting(
        "squared",
        "How the content is held: by the mean squared difference of feature maps, or as an "
        "extension has it.",
        registered="content_losses",
    )
    loss_scale: Literal["relative", "absolute"] = setting(
        "relative",
        "'relative' divides each loss by its target's own energy, so that a weight means the same "
        "for every image, size and network; 'absolute' is the plain mean squared error.",
        choices=("relative", "absolute"),
    )
    optimizer: Literal["auto", "lbfgs", "adam", "lamb"] = setting(
        "auto",
        "The method of gradient descent: L-BFGS, which gets far in few steps; Adam, which wants "
        "about twice as many; or LAMB, Adam with steps of a set length, which is the fastest on "
        "absolute losses. 'auto' takes L-BFGS where it suits the style statistic and the memory.",
        choices=("auto", "lbfgs", "adam", "lamb"),
    )
    learning_rate: float = setting(
        0.02,
        "How far one step may move a pixel, as a fraction of the whole range of brightness.",
        minimum=1e-6,
        maximum=1.0,
    )
    decay: float = setting(
        0.5,
        "Share of each scale's steps, at its end, over which the learning rate falls to a tenth: "
        "it lets the picture settle. 0 keeps the rate constant.",
        minimum=0.0,
        maximum=1.0,
    )
    beta_1: float = setting(0.9, "Adam's memory of past gradients.", minimum=0.0, maximum=0.9999)
    beta_2: float = setting(
        0.99, "Adam's memory of past squared gradients.", minimum=0.0, maximum=0.99999
    )
    epsilon: float = setting(1e-8, "Adam's smallest divisor.", minimum=1e-12, maximum=10.0)
    averaging: float = setting(
        0.6,
        "Share of the past in the running average of the picture that is shown and returned; it "
        "takes away the optimiser's jitter. 0 shows the last step alone.",
        minimum=0.0,
        maximum=0.9999,
    )
    smallest_scale: int = setting(
        128,
        "Longest side of the first, coarsest scale; scales grow from it to the full size. "
        "0 works at full size from the start.",
        minimum=0,
        maximum=8192,
    )
    pooling: Literal["auto", "max", "average", "blur"] = setting(
        "auto",
        "How the network shrinks its feature maps: average is softer than max, blur softer still "
        "and leaves the least of a grid. 'auto' takes what suits the feature network.",
        choices=("auto", "max", "average", "blur"),
    )
    padding: Literal["edge", "zero"] = setting(
        "edge",
        "What the network sees beyond the border: more of the picture, mirrored, so that no frame "
        "forms; or black, as in the original.",
        choices=("edge", "zero"),
    )
    init: Literal["content", "noise", "style", "image"] = setting(
        "content",
        "What the picture starts from: the content, noise, the content in the style's colours, or "
        "an image that is given with the job.",
        choices=("content", "noise", "style", "image"),
    )
    color: Literal["style", "content", "luminance"] = setting(
        "style",
        "Whose colours the picture has: the style's; the content's, to which the style's are "
        "matched; or the content's exactly, so that only brightness is painted.",
        choices=("style", "content", "luminance"),
    )
    color_strength: float = setting(
        1.0,
        "How far 'color' goes: from 0, the style's colours, to 1, all the way.",
        minimum=0.0,
        maximum=1.0,
    )
    mask_softness: float = setting(
        4.0,
        "Width in pixels of the soft edge of a mask, within it. Beyond the mask nothing changes.",
        minimum=0.0,
        maximum=1000.0,
    )
    mask_levels: int = setting(
        0,
        "What the labels of a mask mean: at 0 each is a place, which may have a style of its own; "
        "at 10, label 1 paints with a tenth of the strength, label 5 with half, label 10 with all.",
        minimum=0,
        maximum=1000,
    )
    result_size: Literal["content", "painted"] = setting(
        "content",
        "The size of the result: that of the content, with its edges kept; or the size at which "
        "it was painted.",
        choices=("content", "painted"),
    )
    precision: Literal["auto", "float32", "bfloat16"] = setting(
        "auto",
        "Arithmetic of the network. 'auto' measures which one is faster on this machine; losses "
        "and picture are always float32.",
        choices=("auto", "float32", "bfloat16"),
    )
    tile: Literal["auto"] | int = setting(
        "auto",
        "Large pictures are computed tile by tile, which gives the same picture in little memory: "
        "the side of a tile in pixels; 0 for never; 'auto' where the whole picture would not fit.",
        choices=("auto",),
        minimum=0,
        maximum=8192,
    )
    device: str = setting(
        "auto", "Where to compute: 'auto' takes a GPU if there is one; 'cpu', 'gpu:0', 'gpu:1' ..."
    )

    def __post_init__(self) -> None:
        for spec in dataclasses.fields(self):
            object.__setattr__(self, spec.name, checked(spec, getattr(self, spec.name)))
        if self.optimizer == "lbfgs" and self.style_loss == "wasserstein":
            raise SettingsError(
                "The wasserstein style loss does not go with L-BFGS: take optimizer='adam'."
            )
        if self.tile != "auto" and 0 < self.tile < SMALLEST_TILE:
            raise SettingsError(
                f"tile is {self.tile}: it must be 'auto', 0, or at least {SMALLEST_TILE}."
            )
        for name in ("content_layers", "style_layers"):
            layers = getattr(self, name)
            if layers and not any(layers.values()):
                raise SettingsError(f"{name}: give at least one layer a weight above 0.")
        if self.device not in ("auto", "cpu") and not (
            self.device.startswith("gpu:") and self.device[4:].isdecimal()
        ):
            raise SettingsError(
                f"device is {brief(self.device)}: it must be 'auto', 'cpu', 'gpu:0', 'gpu:1' ..."
            )

    def replace(self, /, **changes: Any) -> Settings:
        """Return a copy with `changes`.

        Raises
        ------
        SettingsError
            If a name is not a setting or a value is not allowed.
        """
        check_setting_names(changes)
        return dataclasses.replace(self, **changes)

    def to_json(self) -> str:
        """Return the settings as a JSON object, one field per line."""
        return json.dumps(dataclasses.asdict(self), indent=1)

    @classmethod
    def from_json(cls, text: str) -> Settings:
        """Return the settings that `to_json` wrote.

        Raises
        ------
        SettingsError
            If the text is not a JSON object of settings, or a value is not allowed.
        """
        try:
            values = parsed(text, any_number=True)
        except ValueError as error:
            raise SettingsError(f"These settings cannot be read: {error}.") from None
        if not isinstance(values, dict):
            raise SettingsError("These settings are not a JSON object of names and values.")
        check_setting_names(values)
        return cls(**values)


def check_setting_names(names: Collection[str]) -> None:
    """Raise `SettingsError` if one of the names is not a setting."""
    known = setting_names()
    for name in names:
        if name not in known:
            there = ", ".join(sorted(known))
            raise SettingsError(f"There is no setting {brief(name)}; there are: {there}.")


def setting_names() -> tuple[str, ...]:
    """Return the names of all settings."""
    return tuple(spec.name for spec in dataclasses.fields(Settings))
