"""Training on several devices: two logical devices of the CPU stand for two GPUs."""

import json
import subprocess
import sys

import pytest
from clones import ROOT

# 32 pictures, 2 epochs of 4 steps; batch 8 is 4 pictures on each of two devices
CODE = """
import json, sys
import stages.support.quiet
import keras, numpy as np, tensorflow as tf
from wsol.networks import batch_norm, training

# a device waits for the other one in a thread of this pool; with too few threads both wait for ever
tf.config.threading.set_inter_op_parallelism_threads(16)
tf.config.set_logical_device_configuration(
    tf.config.list_physical_devices("CPU")[0], [tf.config.LogicalDeviceConfiguration()] * 2
)
tf.config.experimental.enable_op_determinism()
pictures = np.random.default_rng(0).uniform(0, 1, (32, 8, 8, 3)).astype(np.float32)
pictures *= np.arange(1, 33)[:, None, None, None]  # the halves of a batch differ
batches = tf.data.Dataset.from_tensor_slices((pictures, np.arange(32) % 4)).batch(8)
curves = []
for devices in (["CPU:0"], ["CPU:0", "CPU:1"]):
    with training.mirrored(devices):
        keras.utils.set_random_seed(0)
        convolved = keras.layers.Conv2D(8, 3)(image := keras.Input((8, 8, 3)))
        pooled = keras.layers.GlobalAveragePooling2D()(keras.layers.BatchNormalization(momentum=0.5)(convolved))
        model = batch_norm.fused(keras.Model(image, keras.layers.Dense(4)(pooled)))
        if sys.argv[1] == "shared":
            batch_norm.share_statistics(model)
        training.compile_for_training(model, 0.001, 8)
        log = model.fit(batches, validation_data=batches, epochs=2, shuffle=False, verbose=0).history
        curves.append(log["loss"] + log["val_loss"] + model.predict(batches, verbose=0)[:3, 0].tolist())
print(json.dumps(curves))
"""


def curves(statistics: str) -> list[list[float]]:
    """Losses and some logits of a training on one device, and of the same on two."""
    command = [sys.executable, "-c", CODE, statistics]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_two_devices_train_as_one_does() -> None:
    alone, together = curves("shared")
    assert together == pytest.approx(alone, rel=1e-3, abs=1e-4)


def test_without_shared_statistics_they_do_not() -> None:
    alone, together = curves("of each device")  # each normalises its 4 pictures
    assert together != pytest.approx(alone, rel=1e-3, abs=1e-4)
