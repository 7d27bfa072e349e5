"""The dog's head: skull, muzzle, nose, mouth, eye and ears."""

from typing import NamedTuple

import numpy as np

from wsol.data.toy_dogs import brush
from wsol.data.toy_dogs.breeds import RGB
from wsol.data.toy_dogs.canvas import SIDE, Canvas

DARK, EYE_WHITE = (22, 18, 20), (250, 246, 238)

# ear -> (points from the root, radii), in units of the breed's ear_size; pointed ears are triangles
EARS = {
    "floppy": ([[0, 0], [-0.35, 0.25], [-0.35, 0.9]], [0.22, 0.34, 0.28]),
    "long": ([[0, 0], [-0.3, 0.35], [-0.25, 1.05]], [0.2, 0.34, 0.36]),
    "folded": ([[0, -0.15], [-0.45, -0.2], [-0.6, 0.45]], [0.28, 0.34, 0.2]),
    "puff": ([[0, 0], [-0.3, 0.4], [-0.3, 0.9]], [0.3, 0.42, 0.48]),
}


class Head(NamedTuple):
    """Position and direction of a head, (2,) float arrays (x, y) in the dog's units."""

    skull: np.ndarray  # centre
    gaze: np.ndarray  # unit vector towards the nose
    up: np.ndarray  # unit vector perpendicular to the gaze, away from the ground


def paint_head(canvas: Canvas) -> None:
    """Paint the head at its joints."""
    breed, coat, gaze = canvas.breed, canvas.coat, canvas.joints["gaze"]
    head = Head(canvas.joints["skull"], gaze, np.array([gaze[1], -gaze[0]]))
    base = coat.head or coat.body
    if breed.ear == "pointed":  # the far ear shows above the skull
        _paint_ear(canvas, head._replace(skull=head.skull - gaze * breed.head * 0.1), base, light=0.7)
    _paint_skull(canvas, head, base)
    muzzle = _paint_muzzle(canvas, head, coat.muzzle or base)
    _paint_nose_and_mouth(canvas, head, muzzle + head.up * breed.muzzle_width * 0.35)
    _paint_eye(canvas, head)
    _paint_ear(canvas, head, coat.ear or coat.back or base, light=0.95)


def _paint_skull(canvas: Canvas, head: Head, colour: RGB) -> None:
    breed, (skull, gaze, up) = canvas.breed, head
    face = canvas.chain(np.stack([skull, skull + gaze * 0.01]), [breed.head, breed.head], breed.curls)
    colours = canvas.flat(colour)
    canvas.spot(colours, face)
    canvas.paint(face, colours)
    if breed.curls:
        crown = np.stack([skull + up * breed.head * 0.7, skull + up * breed.head * 0.8 - gaze * 0.06])
        canvas.paint(canvas.chain(crown, [breed.head * 0.75] * 2, breed.curls), colour)


def _paint_muzzle(canvas: Canvas, head: Head, colour: RGB) -> np.ndarray:
    """Paint muzzle and blaze; returns the muzzle's end (2,)."""
    breed, (skull, gaze, up) = canvas.breed, head
    end = canvas.joints["nose"] - up * breed.head * 0.28
    bridge = np.stack([skull + (gaze * 0.45 - up * 0.32) * breed.head, end])
    canvas.paint(canvas.chain(bridge, [breed.head * 0.62, breed.muzzle_width]), colour)
    if canvas.coat.blaze:
        stripe = np.stack([skull + (up * 0.85 + gaze * 0.35) * breed.head, end + up * breed.muzzle_width * 0.4])
        canvas.paint(canvas.chain(stripe, [breed.head * 0.16, breed.head * 0.2]), canvas.coat.blaze)
    return end


def _paint_nose_and_mouth(canvas: Canvas, head: Head, nose: np.ndarray) -> None:
    breed, (_, gaze, up) = canvas.breed, head
    tip = nose + gaze * breed.muzzle_width * 0.75
    canvas.paint(canvas.chain(np.stack([tip, tip - gaze * 0.02]), [0.045, 0.04]), DARK)
    corner = nose - up * breed.muzzle_width * 1.05 - gaze * breed.muzzle * 0.45
    canvas.paint(canvas.chain(np.stack([tip - up * breed.muzzle_width, corner]), [0.012, 0.012]), DARK)


def _paint_eye(canvas: Canvas, head: Head) -> None:
    breed, (skull, gaze, up) = canvas.breed, head
    eye = skull + gaze * breed.head * 0.5 + up * breed.head * 0.25
    line = np.stack([eye, eye + gaze * 0.005])
    canvas.paint(canvas.chain(line, [0.046, 0.046]), EYE_WHITE)
    canvas.paint(canvas.chain(line, [0.033, 0.033]), DARK)


def _paint_ear(canvas: Canvas, head: Head, colour: RGB, light: float) -> None:
    breed, (skull, gaze, up), size = canvas.breed, head, canvas.breed.ear_size
    root = skull + up * breed.head * 0.55 - gaze * breed.head * 0.35
    if breed.ear == "pointed":
        tip = root + up * size - gaze * size * 0.15
        half_base = gaze * breed.head * 0.5
        triangle = np.stack([root - half_base - up * 0.05, tip, root + half_base - up * 0.02])
        canvas.paint(brush.polygon((SIDE, SIDE), canvas.pixels(triangle)), colour, light)
        return
    line, widths = EARS[breed.ear]
    points = root + np.array(line) * size
    canvas.paint(canvas.chain(points, [width * size for width in widths], breed.curls), colour, light)
