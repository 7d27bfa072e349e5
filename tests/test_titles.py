"""Titles of maps."""

import pytest

from wsol.maps import titles


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        (("grad_cam", "conv3_block3_out"), "Grad-CAM at conv3_block3_out"),
        (("cam", "conv5_block3_out"), "CAM"),  # no layer
        (("layer_cam", "all"), "LayerCAM, all layers"),
        (("cam", "conv5_block3_out", "grabcut"), "CAM, refined by GrabCut"),
        (("grad_cam_pp", "conv2", "none"), "Grad-CAM++ at conv2"),
        (("my_cam", "conv2", "my_refinement"), "my_cam at conv2, refined by my_refinement"),  # names without a title
    ],
)
def test_title(key: tuple[str, ...], expected: str) -> None:
    assert titles.title(*key) == expected


def test_method_title() -> None:
    assert titles.method_title("hires_cam") == "HiResCAM"
    assert titles.method_title("my_cam") == "my_cam"
