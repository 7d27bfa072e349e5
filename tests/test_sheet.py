"""A sheet of pictures and text."""

import numpy as np
import pytest
from sheets import assert_apart

from wsol.pictures import sheet


def test_an_overlay_is_the_heatmaps_colour_over_grey() -> None:
    blended = sheet.overlay(np.full((4, 4, 3), 100, np.uint8), np.ones((2, 2)))
    opacity, brightest = sheet.HEATMAP_OPACITY, 255 * np.array(sheet.COLOURS(1.0)[:3])
    assert blended[0, 0] == pytest.approx(opacity * brightest + (1 - opacity) * 100, abs=1)


def test_an_overlay_is_bilinear_with_half_pixel_centres() -> None:
    # pixel centres of 4 at 1/8, 3/8, 5/8, 7/8; of 2 at 1/4, 3/4: the values are 0, 1/4, 3/4, 1
    blended = sheet.overlay(np.zeros((1, 4, 3), np.uint8), np.array([[0.0, 1.0]]))
    expected = sheet.HEATMAP_OPACITY * 255 * sheet.COLOURS([0.0, 0.25, 0.75, 1.0])[:, :3]
    assert blended[0] == pytest.approx(expected, abs=1)


def test_a_picture_keeps_its_proportions() -> None:
    picture = np.zeros((30, 10, 3), np.uint8)
    assert sheet.fit(picture, (2.0, 1.0)).shape == (sheet.DPI, sheet.DPI // 3, 3)


def test_a_text_shrinks_to_its_width() -> None:
    drawn = sheet.Sheet(4, 1)
    drawn.text(0, 0, "a long text", 10)
    drawn.text(0, 0, "a long text", 10, max_width=0.5)
    drawn.text(0, 0, "a long text", 10, max_width=4)
    free, narrow, wide = (text.get_window_extent().width / sheet.DPI for text in drawn.figure.texts)
    assert free > 0.55
    assert narrow == pytest.approx(0.5, abs=0.02)
    assert wide == free


def test_an_overlap_would_be_noticed() -> None:
    drawn = sheet.Sheet(2, 1)
    drawn.text(0.5, 0.5, "first")
    assert_apart(drawn)
    drawn.text(0.6, 0.5, "second")
    with pytest.raises(AssertionError, match="second"):
        assert_apart(drawn)
