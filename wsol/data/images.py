"""Encoded examples to the network's input: decoding, resizing, augmentation."""

import tensorflow as tf


def decoded(image: tf.Tensor, image_size: int) -> tuple[tf.Tensor, tf.Tensor]:
    """Decode an image and resize it bilinearly to a square. The aspect ratio is not kept.

    Args:
        image: () string, an encoded JPEG, PNG, BMP or GIF (first frame).
        image_size: side of the network's square input, pixels.

    Returns:
        pixels: (image_size, image_size, 3) float32 RGB, 0..255.
        size: (2,) int32, height and width before resizing, pixels.

    Raises:
        tf.errors.InvalidArgumentError: the image cannot be decoded; see `undecodable`.
    """
    pixels = _rgb(image)
    return tf.image.resize(pixels, (image_size, image_size)), tf.shape(pixels)[:2]


def _rgb(image: tf.Tensor) -> tf.Tensor:
    """Pixels (height, width, 3) uint8 RGB of an encoded image."""
    pixels = tf.io.decode_image(image, channels=3, expand_animations=False)
    pixels.set_shape((None, None, 3))
    return pixels


def undecodable(examples: tf.data.Dataset) -> str | None:
    """File name of the first example whose image cannot be decoded, or None.

    TensorFlow's error does not name the file. Call this after such an error: it decodes
    one example at a time.

    Args:
        examples: dataset of encoded examples with `image` and `image/filename`, both () string.
    """
    for example in examples:
        try:
            _rgb(example["image"])
        except tf.errors.OpError:
            return example["image/filename"].numpy().decode()
    return None


def labelled(examples: tf.data.Dataset, image_size: int) -> tf.data.Dataset:
    """Decode encoded examples for training.

    Args:
        examples: dataset of encoded examples with `image` () string and `label` () int64.
        image_size: side of the network's square input, pixels.

    Returns:
        Dataset of (image, label): (image_size, image_size, 3) float32 RGB 0..255, () int64.
    """
    return examples.map(
        lambda example: (decoded(example["image"], image_size)[0], example["label"]),
        num_parallel_calls=tf.data.AUTOTUNE,
    )


def augmented(examples: tf.data.Dataset, seed: int, start: int = 0) -> tf.data.Dataset:
    """Flip, shift and relight labelled images at random.

    Augmentation is seeded by the example's index, so a resumed run sees the same images.

    Args:
        examples: dataset of (image, label), as `labelled` gives them.
        seed: the same seed and index give the same augmentation.
        start: index of the first example.

    Returns:
        Dataset of (image, label) with the same shapes and dtypes.
    """
    indexed = tf.data.Dataset.zip(tf.data.Dataset.counter(start), examples)
    return indexed.map(
        lambda index, example: (_augment(example[0], tf.stack([seed, index])), example[1]),
        num_parallel_calls=tf.data.AUTOTUNE,
    )


def _augment(image: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """Mirror half of the images, shift by up to 1/16 of the height, scale brightness and each channel."""
    image = tf.image.stateless_random_flip_left_right(image, seed)
    shift = tf.shape(image)[0] // 16
    padded = tf.pad(image, [[shift, shift], [shift, shift], [0, 0]], "REFLECT")
    image = tf.image.stateless_random_crop(padded, tf.shape(image), seed + 1)
    gain = tf.random.stateless_uniform((3,), seed + 2, 0.92, 1.08) * tf.random.stateless_uniform((), seed + 3, 0.9, 1.1)
    return tf.clip_by_value(image * gain, 0, 255)
