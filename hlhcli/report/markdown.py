"""A report as Markdown, for a repository or a manuscript; pictures stand in files beside it."""

import re
from collections.abc import Iterator, Mapping

from hlhcli.renderers.documents import markdown_text
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

DEEPEST = 6
RULES: dict[str, str] = {"number": "---:"}
OPENING = re.compile(r"^(\d+(?=[.)])|)([-+=.)])")
"""What at the begin of a line would open a list or underline a heading."""


def to_markdown(report: Report, pictures: Mapping[str, str]) -> str:
    """The text of the report; ``pictures`` has the file of each figure by its anchor.

    A figure without a file is told in words. It ends with a newline.
    """
    blocks = [f"# {markdown_text(report.title)}", *(_part(part, pictures) for part in report.lead)]
    for section in report.sections:
        blocks += _section(section, 2, pictures)
    return "\n\n".join([*blocks, _text(report.foot)]) + "\n"


def _section(section: Section, level: int, pictures: Mapping[str, str]) -> Iterator[str]:
    yield f'<a id="{section.anchor}"></a>\n\n{"#" * min(level, DEEPEST)} {markdown_text(section.title)}'
    for part in section.parts:
        yield _part(part, pictures)
    for below in section.sections:
        yield from _section(below, level + 1, pictures)


def _part(part: Part, pictures: Mapping[str, str]) -> str:
    if isinstance(part, Paragraph):
        return _opened(_text(part.words))
    if isinstance(part, Items):
        return "\n".join(f"- {_opened(_text(item))}" for item in part.items)
    return _table(part) if isinstance(part, Table) else _figure(part, pictures)


def _opened(words: str) -> str:
    return OPENING.sub(r"\1\\\2", words)


def _figure(figure: Figure, pictures: Mapping[str, str]) -> str:
    words = markdown_text(figure.description)
    caption = f"*{markdown_text(figure.caption).strip()}*"
    if figure.anchor not in pictures:
        return f"{words}\n\n{caption}"
    file = re.sub(
        r"[^\w.-]",
        lambda found: "".join(f"%{byte:02X}" for byte in found[0].encode()),
        pictures[figure.anchor],
    )
    return f"![{words}]({file})\n\n{caption}"


def _table(table: Table) -> str:
    header = [markdown_text(column.header) for column in table.columns]
    rule = [RULES.get(column.kind, "---") for column in table.columns]
    rows = [header, rule, *(_row(row, table.columns) for row in table.rows)]
    lines = "".join(f"| {' | '.join(row)} |\n" for row in rows)
    return f"**{markdown_text(table.caption).strip()}**\n\n{lines}".rstrip("\n")


def _row(row: Row, columns: tuple[Column, ...]) -> list[str]:
    first, *others = [_cell(cell) for cell, _ in zip(row.cells, columns, strict=True)]
    return [f'<a id="{row.anchor}"></a>{first}' if row.anchor else first, *others]


def _cell(cell: Cell) -> str:
    return "<br>".join(map(_text, cell.lines))


def _text(words: Text) -> str:
    return "".join(map(_run, words))


def _run(run: Run) -> str:
    text = markdown_text(run.text)
    if run.style == "code":
        text = f"<code>{text}</code>"
    return f"[{text}](#{run.to})" if run.to else text
