"""The joints of a dog, by breed and pose.

The dog is seen from its right side and faces +x. y points down, the ground is y = 0. The
unit is the dog's height at the withers.
"""

import numpy as np

from wsol.data.toy_dogs.breeds import Breed

POSES = ("stand", "walk", "sit", "lie", "sniff")

Joints = dict[str, np.ndarray]


def skeleton(breed: Breed, pose: str, rng: np.random.Generator) -> Joints:
    """Joints of one dog.

    Args:
        breed: one of BREEDS.
        pose: one of POSES.
        rng: draws the angles of the head and the stride.

    Returns:
        Points (x, y) as (2,) float arrays: `chest`, `hip`, `withers`, `skull`, `nose`; the unit
        vector `gaze`, (2,); legs as (n, 2) float arrays from the body to the toes:
        `front_near`, `front_far`, `hind_near`, `hind_far`.
    """
    trunk = _trunk(breed, pose)
    head = _head(breed, pose, trunk["chest"], rng)
    legs = _lying_legs(breed, trunk) if pose == "lie" else _standing_legs(breed, pose, trunk, rng)
    return trunk | head | legs


def radii(breed: Breed) -> tuple[float, float, float]:
    """Radii of chest, waist and hip, in units of the height at the withers."""
    chest = (1 - breed.leg) / 2
    return chest, chest * breed.waist, chest * (0.55 + 0.4 * breed.waist)


def _trunk(breed: Breed, pose: str) -> Joints:
    chest_radius, _, hip_radius = radii(breed)
    half_length = breed.length / 2 - chest_radius * 0.6
    chest, hip = np.array([half_length, chest_radius - 1]), np.array([-half_length, hip_radius - 1])
    if pose == "sit":
        chest, hip = np.array([half_length * 0.55, chest_radius - 1.02]), np.array([-half_length * 0.75, -hip_radius])
    if pose == "lie":
        chest, hip = np.array([half_length, -chest_radius * 0.95]), np.array([-half_length, -hip_radius * 0.95])
    return {"chest": chest, "hip": hip}


def _head(breed: Breed, pose: str, chest: np.ndarray, rng: np.random.Generator) -> Joints:
    chest_radius = radii(breed)[0]
    neck_angle = np.deg2rad(rng.uniform(42, 68) if pose != "sniff" else rng.uniform(-42, -25))
    gaze_angle = np.deg2rad(rng.uniform(-22, 12) if pose != "sniff" else rng.uniform(-65, -40))
    withers = chest + [0.35 * chest_radius, -0.45 * chest_radius if pose != "sniff" else 0]
    skull = withers + breed.neck * np.array([np.cos(neck_angle), -np.sin(neck_angle)])
    skull[1] = min(skull[1], -breed.head * 1.25)
    gaze = np.array([np.cos(gaze_angle), -np.sin(gaze_angle)])
    return {"withers": withers, "skull": skull, "nose": skull + breed.muzzle * gaze, "gaze": gaze}


def _standing_legs(breed: Breed, pose: str, trunk: Joints, rng: np.random.Generator) -> Joints:
    stride = {"walk": rng.uniform(0.5, 0.8), "stand": 0.12}.get(pose, 0.06) * breed.leg
    legs = {}
    for side, sign in (("near", 1), ("far", -1)):
        legs[f"front_{side}"] = _front_leg(breed, trunk["chest"], sign * stride)
        hind = _sitting_leg(breed, trunk["hip"]) if pose == "sit" else _hind_leg(breed, trunk["hip"], -sign * stride)
        legs[f"hind_{side}"] = hind + ([0.08, 0] if side == "far" else [0, 0])
    return legs


def _front_leg(breed: Breed, chest: np.ndarray, stride: float) -> np.ndarray:
    shoulder = chest + [0, 0.35 * radii(breed)[0]]
    sole = -breed.leg_width * 0.7
    paw = np.array([shoulder[0] + stride, sole])
    elbow = shoulder + [stride * 0.3 - 0.03, 0.45 * (sole - shoulder[1])]
    return np.stack([shoulder, elbow, paw, paw + [0.07, 0.01]])


def _hind_leg(breed: Breed, hip: np.ndarray, stride: float) -> np.ndarray:
    sole = -breed.leg_width * 0.7
    paw = np.array([hip[0] + stride - 0.05, sole])
    knee = hip + [0.1 + stride * 0.4, 0.45 * (sole - hip[1])]
    hock = np.array([paw[0] - 0.08, sole * 0.4 + 0.6 * (-breed.leg * 0.45)])
    return np.stack([hip, knee, hock, paw, paw + [0.07, 0.01]])


def _sitting_leg(breed: Breed, hip: np.ndarray) -> np.ndarray:
    sole = -breed.leg_width * 0.8
    knee = hip + [0.26, -0.02]
    heel = np.array([hip[0] + 0.06, sole])
    return np.stack([hip, knee, heel, heel + [0.28, 0]])


def _lying_legs(breed: Breed, trunk: Joints) -> Joints:
    sole, reach = -breed.leg_width * 0.8, max(breed.leg * 0.8, 0.3)
    elbow = np.array([trunk["chest"][0] - 0.02, sole])
    front = np.stack([trunk["chest"], elbow, elbow + [reach, 0]])
    heel = np.array([trunk["hip"][0] + 0.05, sole])
    hind = np.stack([trunk["hip"], trunk["hip"] + [0.24, -0.02], heel, heel + [0.32, 0]])
    shift = np.array([0.12, -0.02])
    return {"front_near": front, "front_far": front + shift, "hind_near": hind, "hind_far": hind + shift}
