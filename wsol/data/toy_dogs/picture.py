"""One picture of toy_dogs: a scene with one or two dogs, and their exact boxes."""

import cv2
import numpy as np

from wsol.data.toy_dogs import dog
from wsol.data.toy_dogs.breeds import BREEDS, Breed
from wsol.data.toy_dogs.scene import jittered, scene
from wsol.data.toy_dogs.skeleton import POSES

SIZES = ((160, 120), (160, 108), (144, 144), (120, 160), (144, 120))  # width, height in pixels
TWO_DOGS = 0.08  # share of pictures with a second dog of the same breed, as in Stanford Dogs


def picture(label: int, seed: list[int]) -> tuple[np.ndarray, np.ndarray]:
    """Draw a picture of the breed with this label.

    Args:
        label: index of BREEDS.
        seed: the same label and seed give the same picture.

    Returns:
        image: (height, width, 3) uint8 RGB.
        boxes_yxyx: (dogs, 4) float32, [ymin, xmin, ymax, xmax] as fractions of the image.
    """
    rng = np.random.default_rng([*seed, label])
    width, height = SIZES[rng.integers(len(SIZES))]
    image, horizon = scene(height, width, rng)
    dogs = 2 if rng.random() < TWO_DOGS else 1
    pixel_boxes_yxyx = [_place(image, horizon, BREEDS[label], dogs, index, rng) for index in range(dogs)]
    image *= rng.uniform(0.8, 1.15) * (1 + rng.uniform(-0.06, 0.06, 3).astype(np.float32))
    boxes_yxyx = np.array(pixel_boxes_yxyx, np.float32) / np.array([height, width, height, width], np.float32)
    return np.clip(np.rint(image), 0, 255).astype(np.uint8), boxes_yxyx


def _place(
    image: np.ndarray, horizon: int, breed: Breed, dogs: int, index: int, rng: np.random.Generator
) -> tuple[int, int, int, int]:
    """Draw dog `index` of `dogs` into its column of the image; returns its box, see `_blend`."""
    height, width = image.shape[:2]
    cutout = _dog(breed, rng)
    column = width / dogs  # pixels
    scale = rng.uniform(0.62, 0.88) * breed.size**0.5 * min(column / cutout.shape[1], 0.9 * height / cutout.shape[0])
    cutout = cv2.resize(cutout, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    dog_height, dog_width = cutout.shape[:2]
    left = int(index * column + rng.uniform(0, max(column - dog_width, 1)))
    bottom = int(rng.uniform(min(max(horizon + 4, dog_height), height - 2), height - 1))
    top = max(bottom - dog_height, 0)
    _shadow(image, left, bottom, dog_width)
    return _blend(image, cutout, top, left)


def _dog(breed: Breed, rng: np.random.Generator) -> np.ndarray:
    """Cutout (height, width, 4) float32 RGBA of a dog with random pose, colour, direction and foreshortening."""
    cutout = dog.draw(breed, POSES[rng.integers(len(POSES))], rng)
    cutout[..., :3] *= jittered((245, 245, 245), rng, spread=8) / 245
    foreshortening = rng.uniform(0.82, 1)
    cutout = cv2.resize(cutout, None, fx=foreshortening, fy=1, interpolation=cv2.INTER_AREA)
    return cutout[:, ::-1] if rng.random() < 0.5 else cutout


def _shadow(image: np.ndarray, left: int, bottom: int, dog_width: int) -> None:
    """Darken the ground under a dog; the image is changed in place."""
    shade = np.ones(image.shape[:2], np.float32)
    centre, axes = (left + dog_width // 2, bottom - 1), (int(dog_width * 0.45), max(dog_width // 22, 2))
    cv2.ellipse(shade, centre, axes, 0, 0, 360, 0.68, cv2.FILLED)
    image *= cv2.GaussianBlur(shade, (0, 0), 2)[..., None]


def _blend(image: np.ndarray, cutout: np.ndarray, top: int, left: int) -> tuple[int, int, int, int]:
    """Draw the cutout over the image, in place.

    Returns:
        The box [ymin, xmin, ymax, xmax], pixels, of the pixels with an alpha of at least one half.
    """
    window = image[top : top + cutout.shape[0], left : left + cutout.shape[1]]
    cutout = cutout[: window.shape[0], : window.shape[1]]
    alpha = cutout[..., 3:] / 255
    window[:] = window * (1 - alpha) + cutout[..., :3] * alpha
    x, y, width, height = cv2.boundingRect((alpha[..., 0] >= 0.5).astype(np.uint8))
    return top + y, left + x, top + y + height, left + x + width
