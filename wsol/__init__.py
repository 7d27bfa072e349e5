"""Weakly supervised object localization: maps, boxes and their scores, as pure functions."""
