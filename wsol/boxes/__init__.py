"""Box geometry, and the boxes of a heatmap at all thresholds."""
