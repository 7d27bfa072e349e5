"""One dog, drawn on a transparent layer."""

import cv2
import numpy as np

from wsol.data.toy_dogs import brush
from wsol.data.toy_dogs.breeds import RGB, Breed
from wsol.data.toy_dogs.skeleton import Joints, radii, skeleton

UNIT = 80  # pixels to the dog's height at the withers, before it is scaled into a scene
SIDE = 320  # pixels, side of the layer: room for the longest dog in every pose


class Canvas:
    """A layer being painted, with the dog's breed, its joints and its chance."""

    def __init__(self, breed: Breed, joints: Joints, tilt: float, rng: np.random.Generator):
        """Begin with an empty layer for a dog that leans by `tilt` radians."""
        self.breed, self.coat, self.joints, self.rng = breed, breed.coat, joints, rng
        self.tilt = np.array([[np.cos(tilt), -np.sin(tilt)], [np.sin(tilt), np.cos(tilt)]])
        self.layer = np.zeros((SIDE, SIDE, 4), np.float32)

    def pixels(self, points: np.ndarray) -> np.ndarray:
        """Points (n, 2), x and y in the dog's units, as pixels of the layer."""
        return np.asarray(points, float) @ self.tilt.T * UNIT + [SIDE * 0.46, SIDE * 0.72]

    def chain(self, points: np.ndarray, widths: list[float], curl: float = 0) -> np.ndarray:
        """Mask of a limb along points, `widths` its radii, in the dog's units; see `brush.chain`."""
        mask = brush.chain((SIDE, SIDE), self.pixels(points), np.array(widths) * UNIT)
        return brush.curled(mask, curl * UNIT, self.rng) if curl else mask

    def flat(self, colour: RGB) -> np.ndarray:
        """A layer of one colour, (side, side, 3) uint8, for a coat's markings to be laid over."""
        colours = np.empty((SIDE, SIDE, 3), np.uint8)
        cv2.rectangle(colours, (0, 0), (SIDE, SIDE), colour, cv2.FILLED)  # 10 times faster than colours[:] = colour
        return colours

    def paint(self, mask: np.ndarray, colours: np.ndarray | RGB, light: float = 1.0) -> None:
        """Paint the mask's part of the layer; see `brush.paint`."""
        brush.paint(self.layer, mask, np.asarray(colours), light)


def draw(breed: Breed, pose: str, rng: np.random.Generator) -> np.ndarray:
    """A dog of this breed and pose, facing right, cut out to its own bounding box.

    Returns:
        (height, width, 4) float32 RGBA, 0..255, alpha 0 or 255.
    """
    canvas = Canvas(breed, skeleton(breed, pose, rng), np.deg2rad(rng.uniform(-5, 5)), rng)
    for leg in ("front_far", "hind_far"):
        _leg(canvas, leg, light=0.72)
    _tail(canvas)
    _trunk(canvas)
    for leg in ("hind_near", "front_near"):
        _leg(canvas, leg, light=1.0)
    _head(canvas)
    return _outlined(canvas.layer)


def _leg(canvas: Canvas, name: str, light: float) -> None:
    points, width, breed = canvas.joints[name], canvas.breed.leg_width, canvas.breed
    hind = name.startswith("hind")
    thigh = radii(breed)[2] * 0.78 if hind else radii(breed)[0] * 0.5
    widths = [thigh, *np.linspace(max(width * 1.25, thigh * 0.62), width * 0.8, len(points) - 2), width * 0.75]
    mask = canvas.chain(points, widths, breed.curls * 0.6)
    colours = canvas.flat(canvas.coat.body)
    if canvas.coat.sock:
        ankle = canvas.chain(points[1:], [width * 1.9] * (len(points) - 1)) > 0
        below = np.arange(SIDE)[:, None] > canvas.pixels(points[:1])[0, 1] + thigh * UNIT * 0.9
        colours[ankle & below] = canvas.coat.sock
    _spot(canvas, colours, mask)
    canvas.paint(mask, colours, light)


def _tail(canvas: Canvas) -> None:
    hip_r = radii(canvas.breed)[2]
    root = canvas.joints["hip"] + [-0.75 * hip_r, -0.55 * hip_r]
    wag = canvas.rng.uniform(-0.12, 0.12)
    line, widths = {
        "sabre": ([[0, 0], [-0.12, -0.14], [-0.17, -0.34 + wag], [-0.12, -0.46 + wag]], [0.05, 0.05, 0.045, 0.03]),
        "curl": (
            [[0, 0], [-0.14, -0.16], [-0.06, -0.34], [0.12, -0.33], [0.15, -0.2]],
            [0.07, 0.09, 0.1, 0.09, 0.05],
        ),
        "plume": ([[0, 0], [-0.22, 0.0], [-0.42, 0.03 + wag], [-0.56, -0.04 + wag]], [0.05, 0.08, 0.1, 0.04]),
        "whip": ([[0, 0], [-0.18, 0.08], [-0.36, 0.06 + wag], [-0.52, -0.06 + wag]], [0.04, 0.035, 0.025, 0.015]),
        "pom": ([[0, 0], [-0.06, -0.14], [-0.1, -0.26 + wag]], [0.03, 0.03, 0.03]),
        "stub": ([[0, 0], [-0.05, -0.05]], [0.06, 0.045]),
    }[canvas.breed.tail]
    points = root + np.array(line)
    canvas.paint(canvas.chain(points, widths), canvas.coat.tail or canvas.coat.back or canvas.coat.body, 0.92)
    if canvas.breed.tail == "pom":
        canvas.paint(canvas.chain(points[-1:].repeat(2, 0), [0.09, 0.09], canvas.breed.curls), canvas.coat.body)
    if canvas.coat.tail_tip:
        canvas.paint(canvas.chain(points[-2:], widths[-2:]), canvas.coat.tail_tip)


def _trunk(canvas: Canvas) -> None:
    breed, coat, joints = canvas.breed, canvas.coat, canvas.joints
    chest_r, waist_r, hip_r = radii(breed)
    chest, hip, withers, skull = (joints[name] for name in ("chest", "hip", "withers", "skull"))
    waist = 0.45 * chest + 0.55 * hip + [0, min(waist_r - chest_r, 0) * 0.6]
    spine, widths = np.stack([hip, waist, chest]), [hip_r, waist_r, chest_r]
    body = canvas.chain(spine, widths, breed.curls)
    neck = canvas.chain(np.stack([withers, skull]), [chest_r * 0.72, max(breed.head * 0.78, 0.09)], breed.curls)
    mask = cv2.bitwise_or(body, neck)
    colours = canvas.flat(coat.body)
    for colour, offset, girth in ((coat.back, [0, -0.5 * chest_r], 0.72), (coat.belly, [0, 0.72 * chest_r], 0.55)):
        if colour:
            colours[canvas.chain(spine + offset, [width * girth for width in widths]) > 0] = colour
    if coat.head:
        colours[neck > 0] = coat.head
    if coat.chest:
        bib = np.stack([chest + [chest_r * 0.75, chest_r * 0.35], withers + [0.3 * chest_r, 0.3 * chest_r]])
        colours[canvas.chain(bib, [chest_r * 0.55, chest_r * 0.4]) > 0] = coat.chest
    _spot(canvas, colours, mask)
    canvas.paint(mask, colours)


def _head(canvas: Canvas) -> None:
    breed, coat, joints = canvas.breed, canvas.coat, canvas.joints
    skull, nose, gaze = joints["skull"], joints["nose"], joints["gaze"]
    up = np.array([gaze[1], -gaze[0]])  # across the gaze, away from the ground
    base = coat.head or coat.body
    if breed.ear == "pointed":
        _ear(canvas, skull - gaze * breed.head * 0.1, up, gaze, base, light=0.7)
    face = canvas.chain(np.stack([skull, skull + gaze * 0.01]), [breed.head, breed.head], breed.curls)
    colours = canvas.flat(base)
    _spot(canvas, colours, face)
    canvas.paint(face, colours)
    if breed.curls:
        crown = np.stack([skull + up * breed.head * 0.7, skull + up * breed.head * 0.8 - gaze * 0.06])
        canvas.paint(canvas.chain(crown, [breed.head * 0.75] * 2, breed.curls), base)
    bridge = np.stack([skull + (gaze * 0.45 - up * 0.32) * breed.head, nose - up * breed.head * 0.28])
    canvas.paint(canvas.chain(bridge, [breed.head * 0.62, breed.muzzle_width]), coat.muzzle or base)
    if coat.blaze:
        stripe = np.stack([skull + (up * 0.85 + gaze * 0.35) * breed.head, bridge[1] + up * breed.muzzle_width * 0.4])
        canvas.paint(canvas.chain(stripe, [breed.head * 0.16, breed.head * 0.2]), coat.blaze)
    _features(canvas, bridge[1] + up * breed.muzzle_width * 0.35, skull, gaze, up)
    _ear(canvas, skull, up, gaze, coat.ear or coat.back or base, light=0.95)


def _features(canvas: Canvas, nose: np.ndarray, skull: np.ndarray, gaze: np.ndarray, up: np.ndarray) -> None:
    breed, dark = canvas.breed, (22, 18, 20)
    tip = nose + gaze * breed.muzzle_width * 0.75
    canvas.paint(canvas.chain(np.stack([tip, tip - gaze * 0.02]), [0.045, 0.04]), dark)
    lip = np.stack([tip - up * breed.muzzle_width, nose - up * breed.muzzle_width * 1.05 - gaze * breed.muzzle * 0.45])
    canvas.paint(canvas.chain(lip, [0.012, 0.012]), dark)
    eye = skull + gaze * breed.head * 0.5 + up * breed.head * 0.25
    canvas.paint(canvas.chain(np.stack([eye, eye + gaze * 0.005]), [0.046, 0.046]), (250, 246, 238))
    canvas.paint(canvas.chain(np.stack([eye, eye + gaze * 0.005]), [0.033, 0.033]), dark)


def _ear(canvas: Canvas, skull: np.ndarray, up: np.ndarray, gaze: np.ndarray, colour: RGB, light: float) -> None:
    breed, size = canvas.breed, canvas.breed.ear_size
    root = skull + up * breed.head * 0.55 - gaze * breed.head * 0.35
    if breed.ear == "pointed":
        tip = root + up * size - gaze * size * 0.15
        base = gaze * breed.head * 0.5
        points = canvas.pixels(np.stack([root - base - up * 0.05, tip, root + base - up * 0.02]))
        canvas.paint(brush.polygon((SIDE, SIDE), points), colour, light)
        return
    drop, widths = {
        "floppy": ([[0, 0], [-0.35, 0.25], [-0.35, 0.9]], [0.22, 0.34, 0.28]),
        "long": ([[0, 0], [-0.3, 0.35], [-0.25, 1.05]], [0.2, 0.34, 0.36]),
        "folded": ([[0, -0.15], [-0.45, -0.2], [-0.6, 0.45]], [0.28, 0.34, 0.2]),
        "puff": ([[0, 0], [-0.3, 0.4], [-0.3, 0.9]], [0.3, 0.42, 0.48]),
    }[breed.ear]
    points = root + np.array(drop) * size
    canvas.paint(canvas.chain(points, [width * size for width in widths], breed.curls), colour, light)


def _spot(canvas: Canvas, colours: np.ndarray, mask: np.ndarray) -> None:
    """Scatter the coat's spots, about one to each six spots' worth of area."""
    if canvas.coat.spots is None:
        return
    ys, xs = np.nonzero(mask)
    radius = canvas.coat.spot_size * UNIT
    for index in canvas.rng.integers(len(xs), size=int(len(xs) / (6 * np.pi * radius**2)) + 1):
        size = max(int(radius * canvas.rng.uniform(0.6, 1.4)), 1)
        centre = (int(xs[index]), int(ys[index]))
        cv2.circle(colours, centre, size, tuple(map(float, canvas.coat.spots)), cv2.FILLED)


def _outlined(layer: np.ndarray) -> np.ndarray:
    """The layer cut to the dog's bounding box, its rim darkened by a thin outline."""
    alpha = layer[..., 3].astype(np.uint8)
    rim = (alpha > 0) & (cv2.erode(alpha, np.ones((3, 3), np.uint8), iterations=2) == 0)
    layer[rim, :3] *= 0.55
    x, y, width, height = cv2.boundingRect(alpha)
    return layer[y : y + height, x : x + width]
