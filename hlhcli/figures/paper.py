"""Ink on the paper itself, placed in millimeters from its lower left corner."""

from matplotlib.artist import Artist
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.transforms import Affine2D, Transform

from hlhcli.figures import style
from hlhcli.printable import lines


def new_figure(width: float, height: float) -> Figure:
    """Make an empty figure of this many millimeters."""
    return Figure(figsize=(width / style.MM_PER_INCH, height / style.MM_PER_INCH))


def millimeters(figure: Figure) -> Transform:
    """Millimeters from the lower left corner of the paper."""
    return Affine2D().scale(1 / style.MM_PER_INCH) + figure.dpi_scale_trans


def write(figure: Figure, x: float, y: float, text: str, look: style.Look) -> None:
    """Write a text; ``look`` says which of its corners stands at the place."""
    # Names come from the user's file: a dollar sign is a dollar sign, and SVG holds no control characters.
    figure.text(x, y, lines(text), transform=millimeters(figure), parse_math=False, **look)


def draw(figure: Figure, xs: list[float], ys: list[float], look: style.Look) -> None:
    """Draw a line or marks."""
    add(figure, Line2D(xs, ys, **look))


def add(figure: Figure, artist: Artist) -> None:
    """Add any artist whose lengths are millimeters."""
    artist.set_transform(millimeters(figure))
    figure.add_artist(artist)
