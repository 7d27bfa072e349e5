"""The strip of a single picture: its captions, and that nothing overlaps."""

import numpy as np
import pytest
from sheets import assert_apart, texts

from wsol.maps.keys import MapKey
from wsol.pictures import picture_strip, sheet

BOX, NO_BOX = np.array([0.25, 0.25, 0.75, 0.75]), np.zeros(4)
LAYERS = [*(f"block{number}" for number in range(1, 8)), "all"]
KEYS = [MapKey("cam", "last"), *(MapKey("layer_cam", layer) for layer in LAYERS), MapKey("layer_cam", "all", "grabcut")]


@pytest.fixture
def sheets(monkeypatch: pytest.MonkeyPatch) -> list[sheet.Sheet]:
    """The sheets that were drawn."""
    drawn: list[sheet.Sheet] = []

    def kept(sheet: sheet.Sheet) -> bytes:
        drawn.append(sheet)
        return b""

    monkeypatch.setattr(sheet.Sheet, "png", kept)
    return drawn


def draw(boxes_yxyx: dict[MapKey, np.ndarray], size: tuple[int, int] = (40, 60)) -> None:
    heatmaps = {key: np.full((7, 7), float(box.any())) for key, box in boxes_yxyx.items()}
    picture_strip.draw(np.zeros((*size, 3), np.uint8), heatmaps, boxes_yxyx, "dog.jpg: dog (0.80), boxes above 0.1")


def test_a_map_without_a_box_is_captioned(sheets: list[sheet.Sheet]) -> None:
    draw({MapKey("cam", "last"): BOX, MapKey("layer_cam", "first"): NO_BOX, MapKey("layer_cam", "all"): BOX})
    assert texts(sheets[0])[1:] == ["CAM", "last", "LayerCAM", "first", "no box", "LayerCAM", "all layers"]


def test_where_every_map_has_a_box_there_is_no_line_for_it(sheets: list[sheet.Sheet]) -> None:
    draw({MapKey("cam", "last"): BOX})
    assert texts(sheets[0])[1:] == ["CAM", "last"]


@pytest.mark.parametrize("size", [(40, 60), (60, 40), (10, 90), (90, 10)])
@pytest.mark.parametrize("box_yxyx", [BOX, NO_BOX], ids=["boxes", "no boxes"])
@pytest.mark.parametrize("count", [0, 1, 10])
def test_nothing_overlaps(sheets: list[sheet.Sheet], count: int, box_yxyx: np.ndarray, size: tuple[int, int]) -> None:
    draw(dict.fromkeys(KEYS[:count], box_yxyx), size)
    assert_apart(sheets[0])
