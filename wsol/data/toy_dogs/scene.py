"""Backgrounds: ground, sky or wall, and up to three objects.

The background does not depend on the breed, so it does not reveal the label.
"""

from collections.abc import Callable

import cv2
import numpy as np

GRASS, SAND, SNOW, FLOOR, STREET = (118, 158, 84), (222, 202, 158), (232, 236, 240), (178, 138, 102), (148, 146, 148)
SKY, SEA, WALL, HOUSES = (176, 208, 232), (96, 156, 186), (214, 204, 186), (190, 168, 152)

BACKGROUNDS = ((GRASS, SKY), (SAND, SEA), (SNOW, SKY), (FLOOR, WALL), (STREET, HOUSES))

OBJECT_COLOURS = (
    (206, 62, 54),
    (58, 110, 190),
    (240, 196, 60),
    (96, 62, 128),
    (70, 130, 90),
    (146, 100, 62),
    (240, 236, 228),
)


def scene(height: int, width: int, rng: np.random.Generator) -> tuple[np.ndarray, int]:
    """Draw a scene without dogs.

    Args:
        height: pixels.
        width: pixels.
        rng: draws the background and the objects.

    Returns:
        picture: (height, width, 3) float32 RGB, 0..255.
        horizon: row where the ground begins, pixels.
    """
    ground, far = BACKGROUNDS[rng.integers(len(BACKGROUNDS))]
    horizon = int(height * rng.uniform(0.25, 0.6))
    picture = np.empty((height, width, 3), np.float32)
    picture[:horizon] = jittered(far, rng)
    picture[horizon:] = jittered(ground, rng)
    picture *= np.linspace(rng.uniform(0.9, 1.1), rng.uniform(0.9, 1.1), height, dtype=np.float32)[:, None, None]
    picture += _texture(height, width, rng)
    for _ in range(rng.integers(0, 4)):
        _paint_object(picture, horizon, rng)
    return picture, horizon


def jittered(colour: tuple, rng: np.random.Generator, spread: float = 12) -> np.ndarray:
    """The colour (3,) float32 RGB plus normal noise with standard deviation `spread`, clipped to 0..255."""
    return np.clip(np.array(colour) + rng.normal(0, spread, 3), 0, 255).astype(np.float32)


def _texture(height: int, width: int, rng: np.random.Generator) -> np.ndarray:
    """Blotches and grain, (height, width, 1) float32 with mean 0."""
    blotches = cv2.resize(rng.normal(0, 7, (6, 8)).astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC)
    return (blotches + rng.normal(0, 3, (height, width)).astype(np.float32))[..., None]


def _paint_object(picture: np.ndarray, horizon: int, rng: np.random.Generator) -> None:
    height, width = picture.shape[:2]
    x, y = int(rng.uniform(0, width)), int(rng.uniform(horizon, height))
    size = rng.uniform(0.08, 0.2) * height * (0.5 + (y - horizon) / height)
    painters: tuple[Callable, ...] = (_ball, _box, _tree, _bush, _bone, _bowl)
    painters[rng.integers(len(painters))](picture, x, y, size, rng)


def _object_colour(rng: np.random.Generator) -> tuple[float, ...]:
    return tuple(map(float, jittered(OBJECT_COLOURS[rng.integers(len(OBJECT_COLOURS))], rng)))


def _ball(picture: np.ndarray, x: int, y: int, size: float, rng: np.random.Generator) -> None:
    colour, radius = _object_colour(rng), max(int(size * 0.35), 2)
    cv2.circle(picture, (x, y - radius), radius, colour, cv2.FILLED, cv2.LINE_AA)
    glint = tuple(min(value * 1.3 + 20, 255) for value in colour)
    cv2.circle(picture, (x - radius // 3, y - radius - radius // 3), radius // 3, glint, cv2.FILLED, cv2.LINE_AA)


def _box(picture: np.ndarray, x: int, y: int, size: float, rng: np.random.Generator) -> None:
    colour, side = _object_colour(rng), int(size * rng.uniform(0.6, 1.2))
    cv2.rectangle(picture, (x, y - int(size)), (x + side, y), colour, cv2.FILLED)
    cv2.rectangle(picture, (x, y - int(size)), (x + side, y), tuple(value * 0.6 for value in colour), 1, cv2.LINE_AA)


def _tree(picture: np.ndarray, x: int, y: int, size: float, rng: np.random.Generator) -> None:
    trunk = max(int(size * 0.2), 2)
    cv2.line(picture, (x, y), (x, y - int(size * 1.8)), (98, 72, 50), trunk, cv2.LINE_AA)
    crown = tuple(map(float, jittered((72, 118, 58), rng)))
    for dx, dy in ((-0.4, 1.7), (0.4, 1.7), (0, 2.2)):
        centre = (x + int(dx * size), y - int(dy * size))
        cv2.circle(picture, centre, max(int(size * 0.6), 2), crown, cv2.FILLED, cv2.LINE_AA)


def _bush(picture: np.ndarray, x: int, y: int, size: float, rng: np.random.Generator) -> None:
    leaves = tuple(map(float, jittered((84, 126, 64), rng)))
    for dx in (-0.45, 0, 0.45):
        centre = (x + int(dx * size), y - int(size * (0.35 if dx else 0.5)))
        cv2.circle(picture, centre, max(int(size * 0.42), 2), leaves, cv2.FILLED, cv2.LINE_AA)


def _bone(picture: np.ndarray, x: int, y: int, size: float, rng: np.random.Generator) -> None:
    colour, half_length, knob = (236.0, 230.0, 214.0), int(size * 0.35), max(int(size * 0.12), 1)
    cv2.line(picture, (x - half_length, y), (x + half_length, y), colour, knob, cv2.LINE_AA)
    for dx in (-half_length, half_length):
        for dy in (-knob, knob):
            cv2.circle(picture, (x + dx, y + dy), knob, colour, cv2.FILLED, cv2.LINE_AA)


def _bowl(picture: np.ndarray, x: int, y: int, size: float, rng: np.random.Generator) -> None:
    colour, half_width = _object_colour(rng), max(int(size * 0.45), 3)
    rim_y, rim_half_width = y - half_width // 2, half_width * 2 // 3
    corners = [[x - half_width, y], [x - rim_half_width, rim_y], [x + rim_half_width, rim_y], [x + half_width, y]]
    cv2.fillPoly(picture, [np.array(corners, np.int32)], colour, cv2.LINE_AA)
    axes = (rim_half_width, half_width // 6 + 1)
    cv2.ellipse(picture, (x, rim_y), axes, 0, 0, 360, (60, 52, 48), cv2.FILLED, cv2.LINE_AA)
