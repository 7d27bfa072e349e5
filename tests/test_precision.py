"""Computing in bfloat16: in processes of their own, since TensorFlow's setting is of the whole process."""

import sys

import pytest
from clones import ROOT, shell

from wsol.errors import InputError
from wsol.networks import precision

CODE = """
import stages.support.quiet
import numpy as np
from wsol.errors import InputError
from wsol.maps import one_pass
from wsol.networks import classifier, precision

model = classifier.build("ResNet50", 0.25, 64, 4)
images = np.random.default_rng(0).uniform(0, 255, (2, 64, 64, 3)).astype(np.float32)
layers = ["conv3_block1_out", "conv5_block3_out"]
options = {"fusion": True, "target": "predicted", "score": "logit", "relu": True}

def drawn():
    return one_pass.mapper(model, ["grad_cam", "layer_cam"], layers, **options)(images, np.zeros(2, np.int64))[0]

exact = drawn()
try:
    precision.compute_in_bfloat16()
except InputError as error:
    print(error)
else:
    differences = [np.abs(values - exact[key]).mean() for key, values in drawn().items()]
    print(0 < max(differences) < 0.05)
"""


def test_maps_move_a_little_or_a_sentence_says_why_not() -> None:
    done = shell(ROOT, sys.executable, "-c", CODE)
    last = done.stdout.strip().splitlines()[-1]
    assert last == "True" or last.startswith("Expected a CPU that computes in bfloat16"), done.stderr


def test_a_processor_without_bfloat16(monkeypatch: pytest.MonkeyPatch) -> None:
    import tensorflow as tf

    monkeypatch.setattr(tf.config.optimizer, "set_experimental_options", lambda options: None)
    with pytest.raises(InputError, match=r"TensorFlow computes in float32 on this device: set heatmaps\.precision to"):
        precision.compute_in_bfloat16()
