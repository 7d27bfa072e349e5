"""Datasets as tables and tf.data; boxes as COCO files."""
