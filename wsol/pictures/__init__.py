"""Figures, gallery and page."""
