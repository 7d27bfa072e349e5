"""One picture of toy_dogs: a scene, one dog in it or two, and their exact boxes."""

import cv2
import numpy as np

from wsol.data.toy_dogs import dog
from wsol.data.toy_dogs.breeds import BREEDS, Breed
from wsol.data.toy_dogs.scene import jittered, scene
from wsol.data.toy_dogs.skeleton import POSES

SIZES = ((160, 120), (160, 108), (144, 144), (120, 160), (144, 120))  # width, height in pixels
TWO_DOGS = 0.08  # share of pictures with a second dog of the breed, as in Stanford Dogs


def picture(label: int, seed: list[int]) -> tuple[np.ndarray, np.ndarray]:
    """A picture of the breed with this label; the same seed draws the same picture.

    Returns:
        image: (height, width, 3) uint8 RGB.
        boxes_yxyx: (dogs, 4) float32, [ymin, xmin, ymax, xmax] as fractions of the image.
    """
    rng = np.random.default_rng([*seed, label])
    width, height = SIZES[rng.integers(len(SIZES))]
    image, horizon = scene(height, width, rng)
    dogs = 2 if rng.random() < TWO_DOGS else 1
    boxes = [_place(image, horizon, BREEDS[label], dogs, index, rng) for index in range(dogs)]
    image *= rng.uniform(0.8, 1.15) * (1 + rng.uniform(-0.06, 0.06, 3).astype(np.float32))
    boxes_yxyx = np.array(boxes, np.float32) / np.array([height, width, height, width], np.float32)
    return np.clip(np.rint(image), 0, 255).astype(np.uint8), boxes_yxyx


def _place(
    image: np.ndarray, horizon: int, breed: Breed, dogs: int, index: int, rng: np.random.Generator
) -> tuple[int, int, int, int]:
    """Put a dog into its share of the image; its box is [top, left, bottom, right] in pixels."""
    height, width = image.shape[:2]
    cutout = _dog(breed, rng)
    room = width / dogs
    scale = rng.uniform(0.62, 0.88) * breed.size**0.5 * min(room / cutout.shape[1], 0.9 * height / cutout.shape[0])
    cutout = cv2.resize(cutout, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    tall, wide = cutout.shape[:2]
    left = int(index * room + rng.uniform(0, max(room - wide, 1)))
    bottom = int(rng.uniform(min(max(horizon + 4, tall), height - 2), height - 1))
    top = max(bottom - tall, 0)
    _shadow(image, left, bottom, wide)
    return _blend(image, cutout, top, left)


def _dog(breed: Breed, rng: np.random.Generator) -> np.ndarray:
    """A dog's cutout, RGBA float32: any pose, either way round, more or less turned to the viewer."""
    cutout = dog.draw(breed, POSES[rng.integers(len(POSES))], rng)
    cutout[..., :3] *= jittered((245, 245, 245), rng, spread=8) / 245
    turn = rng.uniform(0.82, 1)
    cutout = cv2.resize(cutout, None, fx=turn, fy=1, interpolation=cv2.INTER_AREA)
    return cutout[:, ::-1] if rng.random() < 0.5 else cutout


def _shadow(image: np.ndarray, left: int, bottom: int, wide: int) -> None:
    shade = np.ones(image.shape[:2], np.float32)
    cv2.ellipse(
        shade, (left + wide // 2, bottom - 1), (int(wide * 0.45), max(wide // 22, 2)), 0, 0, 360, 0.68, cv2.FILLED
    )
    image *= cv2.GaussianBlur(shade, (0, 0), 2)[..., None]


def _blend(image: np.ndarray, cutout: np.ndarray, top: int, left: int) -> tuple[int, int, int, int]:
    """Lay the cutout over the image; returns the box of the pixels it covers by half or more."""
    window = image[top : top + cutout.shape[0], left : left + cutout.shape[1]]
    cutout = cutout[: window.shape[0], : window.shape[1]]
    alpha = cutout[..., 3:] / 255
    window[:] = window * (1 - alpha) + cutout[..., :3] * alpha
    x, y, wide, tall = cv2.boundingRect((alpha[..., 0] >= 0.5).astype(np.uint8))
    return top + y, left + x, top + y + tall, left + x + wide
