import numpy as np

from wsol.scores.groups import groups

TRUTH = np.zeros((6, 2, 4))
TRUTH[:, 0, 2:] = np.sqrt([0.1, 0.6, 0.2, 0.5, 0.3, 0.4])[:, None]  # areas
TRUTH[2, 1] = [0, 0, 1, 1]  # a second dog, larger than all


def test_groups() -> None:
    labels, predicted = np.array([0, 0, 1, 1, 1, 1]), np.array([0, 1, 1, 1, 1, 0])
    found = {(name, group): rows.tolist() for name, group, rows in groups(labels, ["a", "b", "c"], predicted, TRUTH)}
    assert found == {
        ("all", "all"): [0, 1, 2, 3, 4, 5],
        # the largest box counts: areas .1 .3, then .4 .5, then .6 and 1
        ("size", "small"): [0, 4],
        ("size", "middle"): [3, 5],
        ("size", "large"): [1, 2],
        ("boxes", "one"): [0, 1, 3, 4, 5],
        ("boxes", "several"): [2],
        ("prediction", "right"): [0, 2, 3, 4],
        ("prediction", "wrong"): [1, 5],
        ("class", "a"): [0, 1],
        ("class", "b"): [2, 3, 4, 5],  # c has no image and so no group
    }


def test_equal_areas_and_right_predictions() -> None:
    # two images are one in the small and one in the middle third; nothing is large, several or wrong
    truth = np.tile([0, 0, 0.5, 0.5], (2, 1, 1))
    parts = [(name, group, rows.tolist()) for name, group, rows in groups(np.zeros(2, int), ["a"], np.zeros(2), truth)]
    assert parts == [
        ("all", "all", [0, 1]),
        ("size", "small", [0]),
        ("size", "middle", [1]),
        ("boxes", "one", [0, 1]),
        ("prediction", "right", [0, 1]),
        ("class", "a", [0, 1]),
    ]


def test_each_breakdown_parts_the_images() -> None:
    rng = np.random.default_rng(0)
    labels, predicted = rng.integers(0, 3, (2, 50))
    lower, sides = rng.random((50, 2, 2)) / 2, rng.random((50, 2, 2)) / 2
    sides[::3, 1] = 0  # every third image has one box
    truth = np.concatenate([lower, lower + sides], axis=2)
    parts: dict[str, list[int]] = {}
    for name, _, rows in groups(labels, ["a", "b", "c"], predicted, truth):
        parts.setdefault(name, []).extend(rows.tolist())
    assert list(parts) == ["all", "size", "boxes", "prediction", "class"]
    assert [sorted(rows) for rows in parts.values()] == [list(range(50))] * 5
