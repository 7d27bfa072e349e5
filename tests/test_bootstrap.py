import itertools
import tracemalloc

import numpy as np
import pytest
import scipy.stats

from wsol.scores import bootstrap


def test_every_draw_has_as_many_images() -> None:
    counts = bootstrap.resampled(7, 100, seed=0)
    assert counts.shape == (100, 7)
    assert (counts.sum(axis=1) == 7).all()
    assert (counts == bootstrap.resampled(7, 100, seed=0)).all()
    assert (counts != bootstrap.resampled(7, 100, seed=1)).any()


def test_interval_of_all_draws_there_are() -> None:
    # two images of value 0 and 1 can be drawn in four ways: means 0, .5, .5, 1; their percentiles 2.5 and 97.5 lie
    # at places .075 and 2.925 of 0..3: .075 * .5 and 1 - .075 * .5
    draws = np.array([np.bincount(drawn, minlength=2) for drawn in itertools.product((0, 1), repeat=2)], float)
    mean, low, high = bootstrap.interval(np.array([[0.0], [1.0]]), draws)
    assert (mean[0], low[0], high[0]) == pytest.approx((0.5, 0.0375, 0.9625))


def test_equal_values_have_an_interval_of_no_width() -> None:
    mean, low, high = bootstrap.interval(np.full((5, 2), 0.3), bootstrap.resampled(5, 200, 0))
    assert np.stack([mean, low, high]) == pytest.approx(np.full((3, 2), 0.3))


def test_interval_of_many_images_is_the_normal_one() -> None:
    values = np.random.default_rng(0).random((2000, 1))
    _, low, high = bootstrap.interval(values, bootstrap.resampled(2000, 4000, 0))
    error = 1.96 * values.std() / np.sqrt(2000)
    assert (low[0], high[0]) == pytest.approx((values.mean() - error, values.mean() + error), abs=error / 10)


def test_a_group_is_drawn_with_the_rest() -> None:
    # the group is image 1 alone: draws without it say nothing of it, all others say its value
    counts = bootstrap.resampled(3, 200, 0)
    assert (counts[:, [1]] == 0).any()
    assert np.ravel(bootstrap.interval(np.array([[0.7]]), counts[:, [1]])) == pytest.approx([0.7, 0.7, 0.7])


def test_the_parts_make_the_whole_product(monkeypatch: pytest.MonkeyPatch) -> None:
    counts, values = bootstrap.resampled(9, 150, 0), np.random.default_rng(0).random((9, 3))
    means = counts.astype(float) @ values / 9
    expected = [values.mean(axis=0), *np.percentile(means, (2.5, 97.5), axis=0)]
    for at_once in (1, 7, 150, 999):  # also where the last part is smaller
        monkeypatch.setattr(bootstrap, "DRAWS_AT_ONCE", at_once)
        np.testing.assert_allclose(bootstrap.interval(values, counts), expected, rtol=1e-12)


def test_draws_take_a_byte_an_image_and_are_never_all_floats() -> None:
    # 2000 draws of 1000 images: 2 MB as bytes, 16 MB as float64
    tracemalloc.start()
    counts, values = bootstrap.resampled(1000, 2000, 0), np.random.default_rng(0).random((1000, 2))
    bootstrap.interval(values, counts)
    bootstrap.sign_flip_p(values, 2000, seed=0)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert counts.dtype == np.uint8
    assert counts.nbytes < peak < 6 * counts.nbytes


@pytest.mark.parametrize("shift", [0.0, 0.5, 2.0])
def test_sign_flip_is_the_share_of_all_patterns(shift: float) -> None:
    differences = np.random.default_rng(3).normal(shift, 1, (4, 1))
    patterns = np.array(list(itertools.product((-1, 1), repeat=4)))  # all 16
    exact = (np.abs(patterns @ differences) >= abs(differences.sum()) - 1e-9).mean()
    # 2 of 16 patterns, all signs equal, are the least; a standard deviation of the share is below .004
    assert exact >= 2 / 16
    assert bootstrap.sign_flip_p(differences, 20000, seed=0)[0] == pytest.approx(exact, abs=0.015)


def test_sign_flip_knows_no_direction_and_no_unit() -> None:
    differences = np.random.default_rng(0).normal(0.2, 1, (12, 3))
    differences[:, 0] = np.tile([0.1, 0.2, -0.3], 4)  # many patterns have the same sum up to rounding
    p = bootstrap.sign_flip_p(differences, 500, seed=0)
    for changed in (-differences, 1e-12 * differences, 3 * differences):
        assert bootstrap.sign_flip_p(changed, 500, seed=0).tolist() == p.tolist()


def test_sign_flip_by_hand() -> None:
    # differences 1, 2, 3: of the 8 patterns of signs two have a sum as far from 0 as 6: 6 and -6. 8 of 8 patterns reach
    # 0, the sum of 1, 2, -3
    differences = np.array([[1.0, 1.0], [2.0, 2.0], [3.0, -3.0]])
    p = bootstrap.sign_flip_p(differences, 20000, seed=0)
    assert p == pytest.approx([2 / 8, 1.0], abs=0.01)  # a standard deviation is .003


def test_sign_flip_is_scipys_permutation_test() -> None:
    differences = np.random.default_rng(0).normal(0.3, 1, (30, 1))
    theirs = scipy.stats.permutation_test(
        (differences[:, 0],), np.mean, permutation_type="samples", n_resamples=20000, rng=np.random.default_rng(1)
    )
    assert bootstrap.sign_flip_p(differences, 20000, seed=0)[0] == pytest.approx(theirs.pvalue, abs=0.015)


def test_sign_flip_goes_by_magnitude_and_is_never_0() -> None:
    # the same signs: six differences of 1, and a seventh of -1 or -9
    small, large = np.array([[1.0]] * 6 + [[-1.0]]), np.array([[1.0]] * 6 + [[-9.0]])
    p = [bootstrap.sign_flip_p(differences, 5000, seed=0)[0] for differences in (small, large)]
    # -1: |sum| >= 5 in 2 * (1 + 7) of 128 patterns; -9: |sum| >= 3 in all 128, since 9 - 6 = 3
    assert p == pytest.approx([16 / 128, 1.0], abs=0.02)
    assert bootstrap.sign_flip_p(np.ones((50, 1)), 999, seed=0)[0] == 1 / 1000


def test_no_difference_is_no_evidence() -> None:
    assert bootstrap.sign_flip_p(np.zeros((10, 2)), 500, seed=0).tolist() == [1.0, 1.0]


@pytest.mark.parametrize(
    ("p", "expected"),
    [
        ([0.01, 0.04, 0.03], [0.03, 0.06, 0.06]),  # .01 * 3; .03 * 2; .04 * 1, no less than the one before
        ([0.5, 0.9], [1.0, 1.0]),  # never above 1
        ([0.02], [0.02]),  # alone
        ([0.01, 0.01], [0.02, 0.02]),  # equal
        ([], []),
    ],
)
def test_holm(p: list[float], expected: list[float]) -> None:
    assert bootstrap.holm(np.array(p)) == pytest.approx(expected)
