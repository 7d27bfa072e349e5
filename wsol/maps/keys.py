"""What identifies a map in every table: its name, its layer and its refinement."""

from typing import NamedTuple

CAM = "cam"
FUSION = "all"  # the layer of the mean of a method's maps over the layers
UNREFINED = "none"
NO_LAYER = "none"  # the layer of a baseline, which stands among the maps of some tables

Key = tuple[str, str, str]  # a MapKey, or its values


class MapKey(NamedTuple):
    """What identifies a map.

    Example:
        >>> MapKey("grad_cam", FUSION)
        MapKey(map='grad_cam', layer='all', refinement='none')
    """

    map: str
    layer: str
    refinement: str = UNREFINED


KEY = list(MapKey._fields)  # the columns of a table
