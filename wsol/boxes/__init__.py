"""Boxes: their geometry, and the box of a heatmap at every threshold."""
