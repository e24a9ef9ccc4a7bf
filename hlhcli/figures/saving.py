"""Figures as files: PNG, SVG, PDF and TIFF, the same bytes for the same figure."""

import io
from pathlib import Path
from typing import BinaryIO

from matplotlib.figure import Figure

from hlhcli.errors import HlhcliError
from hlhcli.figures import style
from hlhcli.figures.description import describe
from hlhcli.output import write

FORMATS = ("png", "svg", "pdf", "tiff")
_OTHER_SUFFIXES = {"tif": "tiff"}


def save_figure(
    figure: Figure, target: Path | BinaryIO, *, file_format: str | None = None, dpi: int = 300
) -> None:
    """Write a figure to a file, or to a binary stream.

    A file is written beside its place and renamed into it, so that a failure leaves an older
    file whole. Fonts are embedded (PDF) or drawn as shapes (SVG); the figure's description is
    in the file's own metadata.

    Args:
        figure: what `draw_courses` made.
        target: a path, whose suffix chooses the format, or an open binary stream.
        file_format: one of `FORMATS`, before any suffix; a stream needs it.
        dpi: dots per inch of PNG and TIFF.

    Raises:
        HlhcliError: another format, or a place that cannot be written.

    """
    chosen = _choose_format(target, file_format)
    content = _render(figure, chosen, dpi)
    if isinstance(target, Path):
        write(content, target)
    else:
        target.write(content)


def _choose_format(target: Path | BinaryIO, file_format: str | None) -> str:
    asked = file_format or (target.suffix.removeprefix(".") if isinstance(target, Path) else "")
    chosen = _OTHER_SUFFIXES.get(asked.lower(), asked.lower())
    if chosen in FORMATS:
        return chosen
    found = f"'{asked}' is no format of a figure" if asked else "the format of the figure is not given"
    where = f"{target}: " if isinstance(target, Path) else ""
    raise HlhcliError(f"{where}{found}; choose one of {', '.join(FORMATS)}")


def _render(figure: Figure, file_format: str, dpi: int) -> bytes:
    content = io.BytesIO()
    with style.applied():
        if file_format == "tiff":
            _render_tiff(figure, content, dpi)
        else:
            figure.savefig(content, format=file_format, dpi=dpi, metadata=_metadata(figure, file_format))
    return content.getvalue()


def _metadata(figure: Figure, file_format: str) -> dict[str, str | None]:
    """Give the description, under each format's own name for it, and no date."""
    words = describe(figure)
    metadata: dict[str, dict[str, str | None]] = {
        "png": {"Description": words},
        "svg": {"Title": words, "Date": None},
        "pdf": {"Title": words, "CreationDate": None},
    }
    return metadata[file_format]


def _render_tiff(figure: Figure, content: BinaryIO, dpi: int) -> None:
    """LZW, in RGB: journals refuse the transparency that matplotlib's own TIFF carries."""
    from PIL import Image  # only here: the other formats do without

    pixels = io.BytesIO()
    figure.savefig(pixels, format="png", dpi=dpi)
    with Image.open(pixels) as picture:
        picture.convert("RGB").save(content, "TIFF", compression="tiff_lzw", dpi=(dpi, dpi))
