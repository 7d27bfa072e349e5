"""Classifiers: building, layers, training, and folding for inference."""
