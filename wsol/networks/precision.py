"""Computing in bfloat16, where the processor can."""

import tensorflow as tf

from wsol.errors import InputError

BELOW_BFLOAT16 = 1 + 2**-9  # float32 holds it, bfloat16 rounds it to 1


def compute_in_bfloat16() -> None:
    """Let TensorFlow compute in bfloat16, from now on and in the whole process.

    The dtypes stay float32, but heatmaps and logits are rounded to bfloat16's 8 significant bits.

    Raises:
        InputError: the processor has no bfloat16, so TensorFlow would go on in float32.
    """
    tf.config.optimizer.set_experimental_options({"auto_mixed_precision_onednn_bfloat16": True})
    if not _rounds_to_bfloat16():
        raise InputError(
            "Expected a CPU that computes in bfloat16 (AVX512_BF16 or AMX), but TensorFlow computes in float32 on this "
            "device: set heatmaps.precision to float32."
        )


def _rounds_to_bfloat16() -> bool:
    """Whether a convolution rounds its input. TensorFlow does not tell otherwise what it computes in."""

    @tf.function
    def convolved(pixels: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
        return tf.nn.relu(tf.nn.conv2d(tf.nn.relu(pixels), kernel, 1, "VALID"))

    pixels, kernel = tf.fill((1, 4, 4, 8), BELOW_BFLOAT16), tf.eye(8)[None, None]
    return bool(tf.reduce_all(convolved(pixels, kernel) == 1))
