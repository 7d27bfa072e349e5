"""One dog on a transparent layer: legs, tail and trunk. The head is in head.py."""

import cv2
import numpy as np

from wsol.data.toy_dogs.breeds import Breed
from wsol.data.toy_dogs.canvas import SIDE, UNIT, Canvas
from wsol.data.toy_dogs.head import paint_head
from wsol.data.toy_dogs.skeleton import radii, skeleton

# tail -> (points from the root, radii), in the dog's units
TAILS = {
    "sabre": ([[0, 0], [-0.12, -0.14], [-0.17, -0.34], [-0.12, -0.46]], [0.05, 0.05, 0.045, 0.03]),
    "curl": ([[0, 0], [-0.14, -0.16], [-0.06, -0.34], [0.12, -0.33], [0.15, -0.2]], [0.07, 0.09, 0.1, 0.09, 0.05]),
    "plume": ([[0, 0], [-0.22, 0.0], [-0.42, 0.03], [-0.56, -0.04]], [0.05, 0.08, 0.1, 0.04]),
    "whip": ([[0, 0], [-0.18, 0.08], [-0.36, 0.06], [-0.52, -0.06]], [0.04, 0.035, 0.025, 0.015]),
    "pom": ([[0, 0], [-0.06, -0.14], [-0.1, -0.26]], [0.03, 0.03, 0.03]),
    "stub": ([[0, 0], [-0.05, -0.05]], [0.06, 0.045]),
}


def draw(breed: Breed, pose: str, rng: np.random.Generator) -> np.ndarray:
    """Draw a dog that faces right, cropped to its bounding box.

    Args:
        breed: one of BREEDS.
        pose: one of POSES.
        rng: draws angles, curls and spots.

    Returns:
        (height, width, 4) float32 RGBA, 0..255, alpha 0 or 255.
    """
    canvas = Canvas(breed, skeleton(breed, pose, rng), np.deg2rad(rng.uniform(-5, 5)), rng)
    for leg in ("front_far", "hind_far"):
        _paint_leg(canvas, leg, light=0.72)
    _paint_tail(canvas)
    _paint_trunk(canvas)
    for leg in ("hind_near", "front_near"):
        _paint_leg(canvas, leg, light=1.0)
    paint_head(canvas)
    return _cropped(_outlined(canvas.layer))


def _paint_leg(canvas: Canvas, name: str, light: float) -> None:
    points, breed, coat = canvas.joints[name], canvas.breed, canvas.coat
    thigh = radii(breed)[2] * 0.78 if name.startswith("hind") else radii(breed)[0] * 0.5
    width = breed.leg_width
    widths = [thigh, *np.linspace(max(width * 1.25, thigh * 0.62), width * 0.8, len(points) - 2), width * 0.75]
    mask = canvas.chain(points, widths, breed.curls * 0.6)
    colours = canvas.flat(coat.body)
    if coat.sock:
        colours[_sock(canvas, points, thigh)] = coat.sock
    canvas.spot(colours, mask)
    canvas.paint(mask, colours, light)


def _sock(canvas: Canvas, points: np.ndarray, thigh: float) -> np.ndarray:
    """Mask (SIDE, SIDE) bool of the leg below the thigh."""
    lower_leg = canvas.chain(points[1:], [canvas.breed.leg_width * 1.9] * (len(points) - 1)) > 0
    return lower_leg & (np.arange(SIDE)[:, None] > canvas.pixels(points[:1])[0, 1] + thigh * UNIT * 0.9)


def _paint_tail(canvas: Canvas) -> None:
    breed, coat, hip_radius = canvas.breed, canvas.coat, radii(canvas.breed)[2]
    line, widths = np.array(TAILS[breed.tail][0]), TAILS[breed.tail][1]
    wag = canvas.rng.uniform(-0.12, 0.12)
    if breed.tail != "curl":
        line[2:, 1] += wag
    points = canvas.joints["hip"] + [-0.75 * hip_radius, -0.55 * hip_radius] + line
    canvas.paint(canvas.chain(points, widths), coat.tail or coat.back or coat.body, 0.92)
    if breed.tail == "pom":
        canvas.paint(canvas.chain(points[-1:].repeat(2, 0), [0.09, 0.09], breed.curls), coat.body)
    if coat.tail_tip:
        canvas.paint(canvas.chain(points[-2:], widths[-2:]), coat.tail_tip)


def _paint_trunk(canvas: Canvas) -> None:
    breed, joints = canvas.breed, canvas.joints
    chest_radius, waist_radius, hip_radius = radii(breed)
    waist = 0.45 * joints["chest"] + 0.55 * joints["hip"] + [0, min(waist_radius - chest_radius, 0) * 0.6]
    spine, widths = np.stack([joints["hip"], waist, joints["chest"]]), [hip_radius, waist_radius, chest_radius]
    body = canvas.chain(spine, widths, breed.curls)
    neck_line = np.stack([joints["withers"], joints["skull"]])
    neck = canvas.chain(neck_line, [chest_radius * 0.72, max(breed.head * 0.78, 0.09)], breed.curls)
    mask = cv2.bitwise_or(body, neck)
    colours = _trunk_colours(canvas, spine, widths, neck)
    canvas.spot(colours, mask)
    canvas.paint(mask, colours)


def _trunk_colours(canvas: Canvas, spine: np.ndarray, widths: list[float], neck: np.ndarray) -> np.ndarray:
    coat, chest_radius = canvas.coat, radii(canvas.breed)[0]
    colours = canvas.flat(coat.body)
    for colour, offset, girth in ((coat.back, -0.5 * chest_radius, 0.72), (coat.belly, 0.72 * chest_radius, 0.55)):
        if colour:
            colours[canvas.chain(spine + [0, offset], [width * girth for width in widths]) > 0] = colour
    if coat.head:
        colours[neck > 0] = coat.head
    if coat.chest:
        chest, withers = canvas.joints["chest"], canvas.joints["withers"]
        bib = np.stack([chest + [chest_radius * 0.75, chest_radius * 0.35], withers + [0.3 * chest_radius] * 2])
        colours[canvas.chain(bib, [chest_radius * 0.55, chest_radius * 0.4]) > 0] = coat.chest
    return colours


def _outlined(layer: np.ndarray) -> np.ndarray:
    """The layer with a thin dark outline; changed in place."""
    alpha = layer[..., 3].astype(np.uint8)
    rim = (alpha > 0) & (cv2.erode(alpha, np.ones((3, 3), np.uint8), iterations=2) == 0)
    layer[rim, :3] *= 0.55
    return layer


def _cropped(layer: np.ndarray) -> np.ndarray:
    """The layer cropped to the bounding box of what is painted."""
    x, y, width, height = cv2.boundingRect(layer[..., 3].astype(np.uint8))
    return layer[y : y + height, x : x + width]
