"""Write the plots as PDF. This is no stage of dvc.yaml, since the bytes of a PDF differ from run to run:

    python -m stages.pdf

Reads   plots/figures/*.svg
Writes  plots/pdf/           a PDF per plot, named after it
Takes   seconds
"""

import pathlib

import vl_convert

from stages.support.folders import fresh_folder
from stages.support.run import run
from wsol.errors import InputError


def main() -> str:
    drawn = sorted(pathlib.Path("plots/figures").glob("*.svg"))
    if not drawn:
        raise InputError("Expected figures in plots/figures, but there are none: run `dvc repro` or `dvc checkout`.")
    with fresh_folder("plots/pdf") as folder:
        for path in drawn:
            (folder / path.with_suffix(".pdf").name).write_bytes(vl_convert.svg_to_pdf(path.read_text("utf8")))
    return f"pdf: wrote plots/pdf ({len(drawn)} figures)"


if __name__ == "__main__":
    run(main)
