"""Activations and gradients to heatmaps, in one forward and one backward pass."""
