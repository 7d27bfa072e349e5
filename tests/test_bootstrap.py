import itertools

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


def test_signed_rank() -> None:
    differences = np.random.default_rng(0).normal(0.1, 1, (30, 2))
    columns = np.column_stack([differences, np.zeros(30)])
    expected = [scipy.stats.wilcoxon(column, method="approx").pvalue for column in differences.T]
    assert bootstrap.signed_rank_p(columns) == pytest.approx([*expected, 1.0])


def test_signed_rank_by_hand() -> None:
    # differences 1..10 all positive: W = 0, mean 10 * 11 / 4 = 27.5, variance 10 * 11 * 21 / 24 = 96.25
    p = 2 * scipy.stats.norm.cdf(-27.5 / np.sqrt(96.25))
    assert bootstrap.signed_rank_p(np.arange(1.0, 11)[:, None])[0] == pytest.approx(p)


@pytest.mark.parametrize(
    ("p", "expected"),
    [
        ([0.01, 0.04, 0.03], [0.03, 0.06, 0.06]),  # .01 * 3; .03 * 2; .04 * 1, no less than the one before
        ([0.5, 0.9], [1.0, 1.0]),  # never above 1
        ([0.02], [0.02]),  # alone
        ([0.01, 0.01], [0.02, 0.02]),  # equal
    ],
)
def test_holm(p: list[float], expected: list[float]) -> None:
    assert bootstrap.holm(np.array(p)) == pytest.approx(expected)
