"""What every figure must keep: no text on another text, on a mark or off the paper."""

import itertools
import re
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
from builders import interventions, series
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.text import Text

from hlhcli.figures import style

CASES = Path(__file__).parents[2] / "shared" / "data" / "cases"
DPI = 300  # at which text is measured and pictures are saved
TO_MM = mpl.transforms.Affine2D().scale(style.MM_PER_INCH / DPI)
NUMBER = re.compile(r"[<>]?\s*\d[\d ,.]*")


def draw(figure):
    """Place everything as for a picture, without its pixels; the renderer that measures."""
    figure.set_dpi(DPI)
    canvas = FigureCanvasAgg(figure)
    figure.draw_without_rendering()
    return canvas.get_renderer()


def visible_texts(figure):
    return [text for text in figure.findobj(Text) if text.get_visible() and text.get_text().strip()]


def texts(figure):
    """Every visible text with its place on the paper in millimeters."""
    renderer = draw(figure)
    return [(text, text.get_window_extent(renderer).transformed(TO_MM)) for text in visible_texts(figure)]


def words(figure):
    draw(figure)
    return [text.get_text() for text in visible_texts(figure)]


def ink(figure):
    """Points, in millimeters, along every line, mark and bar, those of the legend apart."""
    keys = {artist for legend in figure.legends for artist in legend.findobj()}
    for line in set(figure.findobj(Line2D)) - keys:
        is_tick = not any(line in axes.lines for axes in figure.axes) and line not in figure.artists
        if line.get_visible() and not is_tick:
            ends = line.get_transform().transform(line.get_xydata())
            yield line.get_label(), TO_MM.transform(along(ends[np.isfinite(ends).all(axis=1)]))
    for bar in set(figure.findobj(Rectangle)) - keys - {axes.patch for axes in figure.axes} - {figure.patch}:
        yield bar.get_label(), TO_MM.transform(along(bar.get_transform().transform(bar.get_path().vertices)))


def along(ends):
    if len(ends) < 2:
        return ends
    shares = np.linspace(0, 1, 60)[:, None]
    return np.concatenate([one + shares * (two - one) for one, two in itertools.pairwise(ends)])


def overlaps(one, other):
    return one.x0 < other.x1 and other.x0 < one.x1 and one.y0 < other.y1 and other.y0 < one.y1


def assert_apart(placed, figure):
    """No text of these meets another or the edge of the paper."""
    width, height = figure.get_size_inches() * style.MM_PER_INCH
    for (one, box), (other, other_box) in itertools.combinations(placed, 2):
        assert not overlaps(box, other_box), f"{one.get_text()!r} on {other.get_text()!r}"
    for text, box in placed:
        inside = box.x0 >= 0 and box.y0 >= 0 and box.x1 <= width and box.y1 <= height
        assert inside, f"{text.get_text()!r} leaves the paper: {box}"


def assert_clear(figure):
    """No text meets another, a line, a mark or the edge of the paper; the words."""
    placed = texts(figure)
    assert_apart(placed, figure)
    x0, y0, x1, y1 = np.array([box.extents for _, box in placed]).reshape(-1, 4, 1).swapaxes(0, 1)
    for label, points in ink(figure):
        x, y = points.T
        hit = ((x0 < x) & (x < x1) & (y0 < y) & (y < y1)).any(axis=1)
        assert not hit.any(), f"{placed[hit.argmax()][0].get_text()!r} on {label}"
    return [text.get_text() for text, _ in placed]


def cases():
    """The published tables of ../shared by name, as far as their cells are plain numbers."""
    return sorted(folder.name for folder in CASES.iterdir() if folder.is_dir()) if CASES.is_dir() else []


def case(name):
    """Frames of one published table: cells that are no number, and rows without a time, left out."""
    labs = pd.read_csv(CASES / name / "labs.csv", dtype=str).fillna("")
    given = pd.read_csv(CASES / name / "interventions.csv", dtype=str).fillna("")
    calendar = labs["date"].ne("").all()
    when = labs["date"] if calendar else labs["day"]
    usable = labs[when.ne("") & labs["value"].str.match(NUMBER)]
    numbers = usable["value"].str.extract(rf"({NUMBER.pattern})")[0].str.replace(r"[<> ,]", "", regex=True)
    frame = series(
        [
            (time if calendar else float(time), float(value))
            for time, value in zip(when[usable.index], numbers, strict=True)
        ],
        marker=usable["marker"].to_numpy(),
        unit=usable["unit"].to_numpy(),
        bound=usable["value"].str.extract(r"^([<>]?)")[0].to_numpy(),
    )
    start, stop = ("start", "stop") if calendar else ("start day", "stop day")
    rows = [
        (row["intervention"], row[start] or None, row[stop] or None) if calendar
        else (row["intervention"], *(float(row[word]) if row[word] else float("nan") for word in (start, stop)))
        for _, row in given.iterrows()
    ]  # fmt: skip
    return frame, interventions(rows, dose=given["dose"].to_numpy())
