"""Backbone to classifier: building, training, and folding for inference."""
