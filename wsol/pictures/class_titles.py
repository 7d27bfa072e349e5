"""Titles of classes in pictures and on pages."""

import collections
import re
from collections.abc import Iterable


def class_titles(names: Iterable[str]) -> dict[str, str]:
    """Title of each class: its name without a WordNet id and underscores. Of classes that would share one, the name.

    >>> class_titles(["n02085936-maltese_dog", "n02012849-crane", "n03126707-crane"])
    {'n02085936-maltese_dog': 'maltese dog', 'n02012849-crane': 'n02012849-crane', 'n03126707-crane': 'n03126707-crane'}
    """
    titles = {name: re.sub(r"^n\d{8}-", "", name).replace("_", " ") for name in names}
    counts = collections.Counter(titles.values())
    return {name: title if counts[title] == 1 else name for name, title in titles.items()}
