"""Any dataset to tables and tf.data; boxes as COCO files."""
