"""Choosing a map, a layer and a threshold where no image has a ground-truth box."""
