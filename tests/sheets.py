"""What is on a sheet, and whether it overlaps."""

import itertools

from matplotlib.image import FigureImage

from wsol.pictures import sheet

Edges = tuple[float, float, float, float]


def edges(drawn: sheet.Sheet) -> list[tuple[str, Edges]]:
    """What is on a sheet: its pictures and its texts, each with (left, bottom, right, top) in pixels."""
    found: list[tuple[str, Edges]] = [
        (text.get_text(), text.get_window_extent().extents) for text in drawn.figure.texts
    ]
    for image in drawn.figure.images:
        assert isinstance(image, FigureImage)
        height, width = image.get_size()  # its window extent is all 0
        found.append(("a picture", (image.ox, image.oy, image.ox + width, image.oy + height)))
    return found


def texts(drawn: sheet.Sheet) -> list[str]:
    return [text.get_text() for text in drawn.figure.texts]


def assert_apart(drawn: sheet.Sheet) -> None:
    """Assert that everything is on the sheet, and that no two things overlap."""
    for name, (left, bottom, right, top) in edges(drawn):
        assert min(left, bottom) >= 0, name
        assert right <= drawn.width * sheet.DPI + 1, name
        assert top <= drawn.height * sheet.DPI + 1, name
    for (name, first), (name_of_second, second) in itertools.combinations(edges(drawn), 2):
        shared = [min(first[at + 2], second[at + 2]) - max(first[at], second[at]) for at in (0, 1)]
        assert min(shared) <= 1, (name, name_of_second)  # rounding errors are up to a pixel
