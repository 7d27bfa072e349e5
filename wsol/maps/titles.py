"""Titles of maps in figures, tables and pictures."""

from wsol.maps.keys import CAM, FUSION, UNREFINED

TITLES = {
    CAM: "CAM",
    "grad_cam": "Grad-CAM",
    "grad_cam_pp": "Grad-CAM++",
    "xgrad_cam": "XGrad-CAM",
    "hires_cam": "HiResCAM",
    "layer_cam": "LayerCAM",
    "activation": "activation",
}
REFINEMENTS = {"grabcut": "GrabCut"}


def title(map_name: str, layer: str, refinement: str = UNREFINED) -> str:
    """Title of a map, with its layer and its refinement.

    CAM exists at one layer only, so its title has no layer.

    Args:
        map_name: a key of TITLES. Any other name is its own title.
        layer: a layer's name, or `all` for the fusion of all layers.
        refinement: a key of REFINEMENTS, or `none`. Any other name is its own title.

    >>> title("grad_cam", "conv3_block3_out")
    'Grad-CAM at conv3_block3_out'
    >>> title("layer_cam", "all", "grabcut")
    'LayerCAM, all layers, refined by GrabCut'
    """
    at_layer = "" if map_name == CAM else ", all layers" if layer == FUSION else f" at {layer}"
    refined = "" if refinement == UNREFINED else f", refined by {refinement_title(refinement)}"
    return method_title(map_name) + at_layer + refined


def method_title(map_name: str) -> str:
    """Title of a CAM method, for use where the layer is given elsewhere.

    >>> method_title("grad_cam")
    'Grad-CAM'
    """
    return TITLES.get(map_name, map_name)


def refinement_title(refinement: str) -> str:
    """Title of a refinement.

    >>> refinement_title("grabcut")
    'GrabCut'
    """
    return REFINEMENTS.get(refinement, refinement)
