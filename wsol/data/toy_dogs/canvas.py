"""The layer that one dog is painted on, and the conversion of the dog's units to pixels."""

import cv2
import numpy as np

from wsol.data.toy_dogs import brush
from wsol.data.toy_dogs.breeds import RGB, Breed
from wsol.data.toy_dogs.skeleton import Joints

UNIT = 80  # pixels in one height at the withers, before the dog is scaled into a scene
SIDE = 320  # side of the layer, pixels; the longest dog fits in every pose


class Canvas:
    """A transparent layer, with the breed, joints and random generator of the dog that is painted on it.

    Points are (x, y) in units of the dog's height at the withers, y down, the ground at y = 0.
    """

    def __init__(self, breed: Breed, joints: Joints, tilt: float, rng: np.random.Generator):
        """Start with an empty layer; `tilt` is the rotation of the dog, radians."""
        self.breed, self.coat, self.joints, self.rng = breed, breed.coat, joints, rng
        self.rotation = np.array([[np.cos(tilt), -np.sin(tilt)], [np.sin(tilt), np.cos(tilt)]])
        self.layer = np.zeros((SIDE, SIDE, 4), np.float32)  # RGBA, 0..255

    def pixels(self, points: np.ndarray) -> np.ndarray:
        """Convert points (n, 2) from the dog's units to pixels of the layer."""
        return np.asarray(points, float) @ self.rotation.T * UNIT + [SIDE * 0.46, SIDE * 0.72]

    def chain(self, points: np.ndarray, radii: list[float], curl: float = 0) -> np.ndarray:
        """Mask of a body part along points; see `brush.chain`. All lengths are in the dog's units."""
        mask = brush.chain((SIDE, SIDE), self.pixels(points), np.array(radii) * UNIT)
        return brush.curled(mask, curl * UNIT, self.rng) if curl else mask

    def flat(self, colour: RGB) -> np.ndarray:
        """Colours (SIDE, SIDE, 3) uint8 that are the same everywhere; markings are drawn over them."""
        colours = np.empty((SIDE, SIDE, 3), np.uint8)
        cv2.rectangle(colours, (0, 0), (SIDE, SIDE), colour, cv2.FILLED)  # 10 times faster than colours[:] = colour
        return colours

    def spot(self, colours: np.ndarray, mask: np.ndarray) -> None:
        """Draw the coat's spots into `colours`: on average one per six spot areas of the mask."""
        if self.coat.spots is None:
            return
        ys, xs = np.nonzero(mask)
        radius = self.coat.spot_size * UNIT
        for index in self.rng.integers(len(xs), size=int(len(xs) / (6 * np.pi * radius**2)) + 1):
            spot_radius = max(int(radius * self.rng.uniform(0.6, 1.4)), 1)
            centre = (int(xs[index]), int(ys[index]))
            cv2.circle(colours, centre, spot_radius, tuple(map(float, self.coat.spots)), cv2.FILLED)

    def paint(self, mask: np.ndarray, colours: np.ndarray | RGB, light: float = 1.0) -> None:
        """Paint the masked part of the layer; see `brush.paint`."""
        brush.paint(self.layer, mask, np.asarray(colours), light)
