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
