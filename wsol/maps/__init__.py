"""Heatmaps from activations and gradients, by one forward and one backward pass."""
