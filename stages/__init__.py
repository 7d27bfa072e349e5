"""The pipeline's stages: one script each, run as `python -m stages.NAME`."""

import importlib.util
import os
import sys

# Both must be set before TensorFlow is imported. On CPUs without AVX-512 VNNI, TensorFlow leaves oneDNN off by
# default, but it makes training 1.5 to 1.9 times faster there too.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

if importlib.util.find_spec("pydantic") is None:
    sys.exit(
        f"Error: Expected a Python with the packages of requirements.txt; got {sys.executable}, which lacks them: "
        "activate the environment with `source .venv/bin/activate` and run again."
    )
