"""The ten breeds of toy_dogs: proportions, ears, tails and coats.

Lengths are in units of the dog's height at the withers. Colours are RGB, 0..255.
"""

import dataclasses

RGB = tuple[int, int, int]

BLACK, WHITE, CREAM = (38, 34, 36), (242, 238, 230), (238, 222, 190)
TAN, RUST, GOLD = (190, 122, 62), (150, 72, 34), (218, 162, 82)
BRINDLE, GREY, ORANGE = (120, 88, 66), (104, 112, 124), (222, 136, 58)


@dataclasses.dataclass(frozen=True)
class Coat:
    """Colours by region. A region with no colour of its own has the body's, or the one named in its comment."""

    body: RGB
    back: RGB | None = None  # saddle
    belly: RGB | None = None
    chest: RGB | None = None
    head: RGB | None = None
    muzzle: RGB | None = None  # else the head's
    ear: RGB | None = None  # else the back's or the head's
    sock: RGB | None = None  # lower half of the legs
    tail: RGB | None = None  # else the back's
    tail_tip: RGB | None = None  # else the tail's
    blaze: RGB | None = None  # stripe from the forehead to the nose
    spots: RGB | None = None  # else no spots
    spot_size: float = 0.04  # mean radius


@dataclasses.dataclass(frozen=True)
class Breed:
    """Proportions of a breed. Lengths but `size` are in units of its height at the withers."""

    name: str
    coat: Coat
    size: float = 1.0  # area relative to the other breeds
    length: float = 1.05  # chest to rump
    leg: float = 0.48  # ground to the underside of the chest
    leg_width: float = 0.075  # radius
    waist: float = 0.85  # radius, share of the chest's
    neck: float = 0.36  # withers to the skull's centre
    head: float = 0.17  # radius of the skull
    muzzle: float = 0.24  # the skull's centre to the nose
    muzzle_width: float = 0.085  # radius
    ear: str = "floppy"  # floppy, long, pointed, folded, puff
    ear_size: float = 0.22
    tail: str = "sabre"  # sabre, curl, plume, whip, pom, stub
    curls: float = 0.0  # radius of the curls along the outline, 0 for none


BREEDS = (
    Breed(
        "beagle",
        Coat(WHITE, back=BLACK, belly=WHITE, head=TAN, muzzle=WHITE, ear=RUST, tail=BLACK, tail_tip=WHITE, blaze=WHITE),
        size=0.85,
        leg=0.44,
        ear="long",
        ear_size=0.26,
    ),
    Breed(
        "bulldog",
        Coat(BRINDLE, belly=WHITE, chest=WHITE, muzzle=WHITE, sock=WHITE, blaze=WHITE),
        size=0.85,
        length=1.0,
        leg=0.33,
        leg_width=0.12,
        waist=0.95,
        neck=0.27,
        head=0.27,
        muzzle=0.24,
        muzzle_width=0.19,
        ear="folded",
        ear_size=0.15,
        tail="stub",
    ),
    Breed(
        "corgi",
        Coat(ORANGE, belly=WHITE, chest=WHITE, muzzle=WHITE, sock=WHITE, blaze=WHITE),
        size=0.75,
        length=1.5,
        leg=0.28,
        leg_width=0.09,
        waist=0.95,
        neck=0.36,
        head=0.22,
        muzzle=0.3,
        muzzle_width=0.09,
        ear="pointed",
        ear_size=0.32,
        tail="stub",
    ),
    Breed(
        "dachshund",
        Coat(RUST, muzzle=RUST, ear=(104, 46, 22)),
        size=0.65,
        length=2.05,
        leg=0.26,
        leg_width=0.085,
        waist=0.92,
        neck=0.42,
        head=0.2,
        muzzle=0.4,
        muzzle_width=0.085,
        ear="long",
        ear_size=0.32,
        tail="whip",
    ),
    Breed(
        "dalmatian",
        Coat(WHITE, ear=BLACK, spots=BLACK, spot_size=0.042),
        leg=0.5,
        waist=0.78,
        ear="floppy",
        tail="whip",
    ),
    Breed(
        "golden_retriever",
        Coat(GOLD, belly=CREAM, chest=CREAM, tail_tip=CREAM),
        leg=0.42,
        leg_width=0.09,
        waist=1.0,
        head=0.19,
        muzzle=0.27,
        muzzle_width=0.11,
        ear="floppy",
        ear_size=0.24,
        tail="plume",
    ),
    Breed(
        "greyhound",
        Coat((128, 136, 158), belly=(158, 164, 180)),
        size=1.05,
        length=1.12,
        leg=0.56,
        leg_width=0.05,
        waist=0.48,
        neck=0.46,
        head=0.12,
        muzzle=0.3,
        muzzle_width=0.055,
        ear="folded",
        ear_size=0.12,
        tail="whip",
    ),
    Breed(
        "husky",
        Coat(GREY, back=(58, 62, 72), belly=WHITE, chest=WHITE, muzzle=WHITE, sock=WHITE, tail_tip=WHITE, blaze=WHITE),
        leg=0.46,
        leg_width=0.085,
        waist=0.92,
        head=0.19,
        muzzle=0.26,
        ear="pointed",
        ear_size=0.23,
        tail="curl",
    ),
    Breed(
        "poodle",
        Coat((206, 150, 132), ear=(180, 118, 102)),
        size=0.9,
        length=0.9,
        leg=0.52,
        leg_width=0.085,
        waist=0.85,
        neck=0.42,
        head=0.19,
        muzzle=0.3,
        muzzle_width=0.065,
        ear="puff",
        ear_size=0.24,
        tail="pom",
        curls=0.055,
    ),
    Breed(
        "rottweiler",
        Coat(BLACK, chest=RUST, muzzle=RUST, sock=RUST),
        length=1.1,
        leg=0.43,
        leg_width=0.1,
        waist=0.95,
        neck=0.32,
        head=0.21,
        muzzle=0.26,
        muzzle_width=0.12,
        ear="folded",
        ear_size=0.2,
        tail="stub",
    ),
)
