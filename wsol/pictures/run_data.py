"""What a run is of, as the table at the top of the page."""

from typing import Any

import pandas as pd

# the choices of the study's own code, where they are not the defaults, and what they say
STUDYS = {
    "heatmaps.score": ("softmax", "gradient of the softmax"),
    "heatmaps.relu": (False, "negative values kept"),
    "boxes.component": ("first", "the first contour"),
    "boxes.rectangle": ("rotated", "the upright hull of a rotated rectangle"),
    "ground_truth": ("first", "the first ground-truth box"),
}
# further choices: their defaults, and what another value says
FURTHER = {
    "heatmaps.methods": (["grad_cam", "layer_cam"], "maps of {}"),
    "heatmaps.layers": ("all", "layers: {}"),
    "heatmaps.target": ("ground_truth", "maps of the {} class"),
    "heatmaps.image_size": (None, "pictures of {} pixels a side"),
    "heatmaps.precision": ("float32", "computed in {}"),
    "heatmaps.fusion": ("mean", "no mean over the layers"),
    "boxes.thresholds.step": (0.01, "thresholds in steps of {}"),
    "boxes.thresholds.also": ([0.005], "single thresholds: {}"),
    "refine.method": ("grabcut", "no refined boxes"),
    "refine.maps": (["cam", "layer_cam/all"], "refined maps: {}"),
    "refine.low": ("holdout", "{} as GrabCut's low seed threshold"),
    "refine.high": (0.9, "{} as GrabCut's high seed threshold"),
    "refine.iterations": (2, "GrabCut iterations: {}"),
    "refine.side": (None, "GrabCut on pictures of {} pixels a side"),
    "holdout": (0.1, "{} of the training images held out"),
}
TRAINED = {"all": "all layers trained", "head": "the head trained", "none": "as it is"}
DEFAULTS = "the defaults: gradient of the logit, ReLU, largest component, upright box, best of the ground-truth boxes"


def recipe(choices: dict[str, Any]) -> str:
    """How maps become boxes and boxes are scored, in words.

    Args:
        choices: the parameters of STUDYS, and their values.

    Example:
        >>> defaults = dict.fromkeys(STUDYS)
        >>> recipe(defaults).split(":")[0], recipe(defaults | {"heatmaps.relu": False})
        ('the defaults', 'the defaults but for: negative values kept')
    """
    changed = [words for name, (value, words) in STUDYS.items() if choices[name] == value]
    if len(changed) == len(STUDYS):
        return f"the study's own code: {', '.join(changed)}"
    return f"the defaults but for: {', '.join(changed)}" if changed else DEFAULTS


def further(choices: dict[str, Any]) -> list[str]:
    """Every further choice that is not the default, in words. Without refined boxes, nothing else of `refine`.

    Args:
        choices: the parameters of FURTHER, and their values.

    Example:
        >>> defaults = {name: default for name, (default, _) in FURTHER.items()}
        >>> further(defaults), further(defaults | {"heatmaps.image_size": 448})
        ([], ['pictures of 448 pixels a side'])
    """
    changed = {name: words for name, (default, words) in FURTHER.items() if choices[name] != default}
    if choices["refine.method"] == "none":
        used = [name for name in changed if name == "refine.method" or not name.startswith("refine.")]
        changed = {name: changed[name] for name in used}
    return [words.format(_value(choices[name])) for name, words in changed.items()]


def _value(value: Any) -> Any:
    return (", ".join(map(str, value)) or "none") if isinstance(value, list) else value


def trained(trainable: str) -> str:
    """What was trained of a network, in words.

    Args:
        trainable: `all`, `head`, `none`, or the first layer that was trained.
    """
    return TRAINED.get(trainable, f"trained from {trainable} on")


def network(name: str, width: float, weights: str | None, trainable: str) -> str:
    """The network and what of it was trained, in words.

    Args:
        name: of a network of keras.applications.
        width: factor of the number of its filters.
        weights: `imagenet`, the path of a weights file, or None.
        trainable: as of `trained`.

    >>> network("ResNet50", 0.25, None, "all")
    'ResNet50 of width 0.25, from random weights, all layers trained'
    >>> network("ResNet50", 1.0, "imagenet", "conv5_block1_1_conv")
    "ResNet50, from ImageNet's weights, trained from conv5_block1_1_conv on"
    """
    of_width = "" if width == 1 else f" of width {width:g}"
    start = {None: "random weights", "imagenet": "ImageNet's weights"}.get(weights, f"the weights in {weights}")
    return f"{name}{of_width}, from {start}, {trained(trainable)}"


def run_table(properties: dict[str, Any], choices: dict[str, Any]) -> pd.DataFrame:
    """One row a property of the run, then the recipe, then the further choices that are not the defaults.

    Args:
        properties: the values by their names, in the order of the table.
        choices: the parameters of STUDYS and FURTHER, and their values.

    Returns:
        Columns property, value, usual (False for a recipe that is not the defaults, and for further choices).
    """
    table = pd.DataFrame({"property": list(properties), "value": map(str, properties.values()), "usual": True})
    words = recipe(choices)
    table.loc[len(table)] = ["recipe", words, words == DEFAULTS]
    if others := further(choices):
        table.loc[len(table)] = ["further choices", "; ".join(others), False]
    return table
