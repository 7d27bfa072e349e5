"""The pipeline's stages: one script each, run as `python -m stages.NAME`."""

import os

# Both must be set before TensorFlow is imported anywhere. oneDNN is off by default on CPUs
# without AVX-512 VNNI, where it makes training 1.5 to 1.9 times faster all the same.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
