"""Scores of boxes against the ground truth, with intervals, baselines and claims."""
