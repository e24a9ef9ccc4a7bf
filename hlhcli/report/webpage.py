"""A report as one HTML page that needs nothing else: no network, no script, no other file.

User text becomes text in one place, `escaped`; every tag and attribute stands in this module.
"""

import base64
from collections.abc import Iterable, Iterator
from functools import cache
from html import escape
from pathlib import Path

from hlhcli.printable import one_line
from hlhcli.report.document import (
    Cell,
    Column,
    Figure,
    Items,
    Paragraph,
    Part,
    Report,
    Row,
    Run,
    Section,
    Table,
    Text,
)
from hlhcli.report.svg import inline_svg

STYLE = Path(__file__).with_name("page.css")
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
BYTE_ORDER_MARK = "\ufeff"
"""Without it Excel takes UTF-8 for another encoding."""

DEEPEST = 6

SHORT = 12
"""Rows that stay together on a printed page."""


def to_html(report: Report) -> str:
    """The page; it ends with a newline."""
    title = escaped(report.title)
    return "\n".join(
        [
            "<!DOCTYPE html>",
            '<html lang="en">',
            "<head>",
            '<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<meta name="color-scheme" content="light dark">',
            '<link rel="icon" href="data:,">',
            f"<title>{title}</title>",
            f"<style>\n{_style()}</style>",
            "</head>",
            "<body>",
            '<a class="skip" href="#content">Skip to the content</a>',
            f"<header>\n<h1>{title}</h1>",
            *map(_part, report.lead),
            "</header>",
            *_contents(report.sections),
            '<main id="content" tabindex="-1">',
            *(_section(section, 2) for section in report.sections),
            "</main>",
            f"<footer><p>{_text(report.foot)}</p></footer>",
            "</body>",
            "</html>\n",
        ]
    )


def escaped(text: str) -> str:
    r"""Any text as the text of an element or of a quoted attribute.

    >>> escaped('<b> & "c"\n')
    '&lt;b&gt; &amp; &quot;c&quot; '
    """
    return escape(one_line(text), quote=True)


@cache
def _style() -> str:
    return STYLE.read_text(encoding="utf-8")


def _contents(sections: Iterable[Section]) -> Iterator[str]:
    yield '<nav aria-labelledby="contents">\n<h2 id="contents">Contents</h2>\n<ul>'
    for section in sections:
        yield f'<li><a href="#{escaped(section.anchor)}">{escaped(section.title)}</a></li>'
    yield "</ul>\n</nav>"


def _section(section: Section, level: int) -> str:
    heading = f"h{min(level, DEEPEST)}"
    anchor = escaped(section.anchor)
    return "\n".join(
        [
            "<section>",
            f'<{heading} id="{anchor}">{escaped(section.title)}</{heading}>',
            *map(_part, section.parts),
            *(_section(below, level + 1) for below in section.sections),
            "</section>",
        ]
    )


def _part(part: Part) -> str:
    if isinstance(part, Paragraph):
        return f"<p{_quiet(part.quiet)}>{_text(part.words)}</p>"
    if isinstance(part, Items):
        items = "".join(f"<li>{_text(item)}</li>" for item in part.items)
        return f"<ul{_quiet(part.quiet)}>{items}</ul>"
    return _table(part) if isinstance(part, Table) else _figure(part)


def _quiet(quiet: bool) -> str:
    return ' class="quiet"' if quiet else ""


def _text(words: Text) -> str:
    return "".join(map(_run, words))


def _run(run: Run) -> str:
    text = escaped(run.text)
    if run.said:
        text = f'<span class="{run.style}" role="img" aria-label="{escaped(run.said)}">{text}</span>'
    elif run.style == "code":
        text = f"<code>{text}</code>"
    elif run.style:
        text = f'<span class="{run.style}">{text}</span>'
    return f'<a href="#{escaped(run.to)}">{text}</a>' if run.to else text


def _figure(figure: Figure) -> str:
    anchor = escaped(figure.anchor)
    drawn = inline_svg(figure.draw("svg"), prefix=figure.anchor, description=one_line(figure.description))
    return (
        f'<figure id="{anchor}">\n'
        f'<div class="scroll card" role="group" tabindex="0" aria-labelledby="{anchor}-caption">'
        f"{drawn}</div>\n"
        f'<figcaption id="{anchor}-caption">{escaped(figure.caption)}</figcaption>\n</figure>'
    )


def _table(table: Table) -> str:
    anchor, caption = escaped(table.anchor), escaped(table.caption)
    header = "".join(map(_header, table.columns))
    rows = "\n".join(_row(row, table.columns) for row in table.rows)
    short = " short" if len(table.rows) <= SHORT else ""
    return (
        f'<div class="scroll{short}" role="group" tabindex="0" aria-labelledby="{anchor}-caption">\n'
        f'<table id="{anchor}">\n<caption><span id="{anchor}-caption">{caption}</span></caption>\n'
        f"<thead>\n<tr>{header}</tr>\n</thead>\n<tbody>\n{rows}\n</tbody>\n</table>\n</div>\n"
        f'<p class="download"><a download="{escaped(table.file)}" href="{_data(table.csv)}" '
        f'aria-label="Download as CSV: {caption}">Download as CSV</a></p>'
    )


def _data(csv: str) -> str:
    content = base64.b64encode((BYTE_ORDER_MARK + csv).encode()).decode()
    return f"data:text/csv;charset=utf-8;base64,{content}"


def _header(column: Column) -> str:
    return f'<th scope="col"{_kind(column)}>{escaped(column.header)}</th>'


def _row(row: Row, columns: Iterable[Column]) -> str:
    anchor = f' id="{escaped(row.anchor)}"' if row.anchor else ""
    first, *others = zip(row.cells, columns, strict=True)
    cells = "".join(f"<td{_kind(column)}>{_lines(cell)}</td>" for cell, column in others)
    return f'<tr{anchor}><th scope="row"{_kind(first[1])}>{_lines(first[0])}</th>{cells}</tr>'


def _kind(column: Column) -> str:
    return "" if column.kind == "words" else f' class="{column.kind}"'


def _lines(cell: Cell) -> str:
    return "<br>".join(map(_text, cell.lines))
