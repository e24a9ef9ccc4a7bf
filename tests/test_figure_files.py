"""Every kind of figure as a file: the same bytes each time, and nothing that the reader must have."""

import io
from functools import cache

import pytest
from builders import interventions, series
from pictures import assert_clear, case, cases
from PIL import Image
from test_timeline import COUNT, HAPPENED, POINTS, Beside, events

from hlhcli.changes import changes
from hlhcli.figures import (
    FORMATS,
    describe,
    draw_aligned,
    draw_before_after,
    draw_changes,
    draw_courses,
    draw_score,
    draw_swimmer,
    draw_timeline,
    save_figure,
)

LABS = series([(-1.0, 20.0), (0.0, 24.0), (1.0, 9.0), (4.0, 5.0)], bound=[">", "", "", "<"])
GIVEN = interventions([("anakinra", 0.0), ("etoposide", 1.0, 1.0)], dose="2 mg/kg", route="SC")
KINDS = {
    "course": lambda: draw_courses(LABS, GIVEN),
    "timeline": lambda: draw_timeline(LABS, GIVEN, Beside(events(HAPPENED), [POINTS, COUNT])),
    "score": lambda: draw_score(POINTS, GIVEN),
    "change": lambda: draw_changes(changes(LABS, GIVEN), intervention="anakinra"),
    "before-after": lambda: draw_before_after(changes(LABS, GIVEN), intervention="anakinra", at="first"),
    "aligned": lambda: draw_aligned(LABS, GIVEN, marker="D-dimer", relative_to="anakinra"),
    "swimmer": lambda: draw_swimmer(LABS, GIVEN),
}


def drawn(kind, file_format):
    stream = io.BytesIO()
    save_figure(KINDS[kind](), stream, file_format=file_format)
    return stream.getvalue()


saved = cache(drawn)


@pytest.mark.parametrize("file_format", FORMATS)
@pytest.mark.parametrize("kind", KINDS)
def test_drawn_again_a_figure_has_the_same_bytes(kind, file_format):
    assert drawn(kind, file_format) == saved(kind, file_format)


@pytest.mark.parametrize("kind", KINDS)
def test_an_svg_needs_no_font_and_loads_nothing(kind):
    written = saved(kind, "svg")

    assert b"<text" not in written
    assert b"font-family" not in written
    assert b"<image" not in written
    assert b'href="http' not in written
    assert b"<script" not in written


@pytest.mark.parametrize("kind", KINDS)
def test_a_pdf_embeds_each_of_its_fonts_as_truetype(kind):
    written = saved(kind, "pdf")

    assert written.count(b"/FontFile2") == written.count(b"/Type /FontDescriptor") > 0
    assert b"/Type3" not in written


@pytest.mark.parametrize("kind", KINDS)
def test_a_tiff_is_lzw_in_rgb_at_300_dots(kind):
    with Image.open(io.BytesIO(saved(kind, "tiff"))) as picture:
        assert picture.mode == "RGB"
        assert picture.info["compression"] == "tiff_lzw"
        assert picture.info["dpi"] == pytest.approx((300, 300), abs=0.1)


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_says_in_words_what_it_shows(kind):
    assert describe(KINDS[kind]()).endswith(".")


@pytest.mark.skipif(not cases(), reason="the published tables (../shared/data/cases) are not here")
@pytest.mark.parametrize("kind", ["course", "swimmer", "aligned"])
@pytest.mark.parametrize("name", cases())
def test_no_text_of_the_published_tables_meets_another_or_a_mark(name, kind):
    labs, given = case(name)
    known = given[given["start"].notna()].reset_index(drop=True)
    if kind != "course" and known.empty:
        return
    marker = labs["marker"].iloc[0]
    draw = {
        "course": lambda: draw_courses(labs, given, width_mm=60),
        "swimmer": lambda: draw_swimmer(labs, known, width_mm=60),
        "aligned": lambda: draw_aligned(
            labs, known, marker=marker, relative_to=known["intervention"].iloc[0], width_mm=60
        ),
    }

    assert_clear(draw[kind]())
