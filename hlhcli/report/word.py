"""A report as a Word document (docx): headings, tables with header rows, pictures with alternative text."""

import io
import zipfile
from typing import Any

from hlhcli.extras import library
from hlhcli.printable import one_line
from hlhcli.report.document import (
    Cell,
    Column,
    Figure,
    Items,
    Paragraph,
    Part,
    Report,
    Run,
    Section,
    Table,
    Text,
    plain,
)

PURPOSE = "writing a Word document"
TEXT_SIZE = 10
TABLE_SIZE = 8
MARGIN_MM = 18
PAGE_MM = 210
FIGURE_MM = 170
MOST_HEIGHT_MM = 175
DEEPEST = 9
PAGE_LETTERS = 115
"""That stand beside each other in a table."""

WIDEST_COLUMN = 36
"""Letters: a wider one wraps its words."""
LINK = "0B4A86"
RULE = "B8BEC4"
MOMENT = (1980, 1, 1, 0, 0, 0)
"""The time of every part of the file: the same report is the same bytes."""


def to_docx(report: Report) -> bytes:
    """The document; raises `HlhcliError` that names the extra where python-docx is not installed."""
    return _Writer(report).content()


class _Writer:
    """One pass over a report."""

    def __init__(self, report: Report) -> None:
        self.docx = library("docx", "docx", PURPOSE)
        self.shared = library("docx.shared", "docx", PURPOSE)
        self.oxml = library("docx.oxml", "docx", PURPOSE)
        self.qualified = library("docx.oxml.ns", "docx", PURPOSE).qn
        self.alignment = library("docx.enum.text", "docx", PURPOSE).WD_ALIGN_PARAGRAPH
        self.file = self.docx.Document()
        self._bookmarks = 0
        self._set_up(report.title)
        self.file.add_heading(one_line(report.title), level=0)
        for part in report.lead:
            self._part(part)
        for section in report.sections:
            self._section(section, 1)
        self._words(self.file.add_paragraph(), report.foot)

    def content(self) -> bytes:
        """The bytes of the file, without the time at which it was written."""
        packed, fixed = io.BytesIO(), io.BytesIO()
        self.file.save(packed)
        with zipfile.ZipFile(packed) as source, zipfile.ZipFile(fixed, "w", zipfile.ZIP_DEFLATED) as target:
            for name in source.namelist():
                target.writestr(zipfile.ZipInfo(name, MOMENT), source.read(name), zipfile.ZIP_DEFLATED)
        return fixed.getvalue()

    def _set_up(self, title: str) -> None:
        properties = self.file.core_properties
        properties.title, properties.author, properties.comments = one_line(title)[:255], "hlhcli", ""
        properties.language = "en"
        self.file.styles["Normal"].font.size = self.shared.Pt(TEXT_SIZE)
        for part in self.file.sections:
            part.page_width, part.page_height = self.shared.Mm(PAGE_MM), self.shared.Mm(297)
            for side in ("left", "right", "top", "bottom"):
                setattr(part, f"{side}_margin", self.shared.Mm(MARGIN_MM))

    def _section(self, section: Section, level: int) -> None:
        heading = self.file.add_heading(one_line(section.title), level=min(level, DEEPEST))
        self._mark(heading, section.anchor)
        for part in section.parts:
            self._part(part)
        for below in section.sections:
            self._section(below, level + 1)

    def _part(self, part: Part) -> None:
        if isinstance(part, Paragraph):
            self._words(self.file.add_paragraph(), part.words)
        elif isinstance(part, Items):
            self._items(part)
        elif isinstance(part, Table):
            self._table(part)
        else:
            self._figure(part)

    def _items(self, items: Items) -> None:
        for item in items.items:
            paragraph = self.file.add_paragraph(style=None if items.quiet else "List Bullet")
            paragraph.paragraph_format.space_after = self.shared.Pt(0)
            self._words(paragraph, item, TABLE_SIZE if items.quiet else None)

    def _figure(self, figure: Figure) -> None:
        paragraph = self.file.add_paragraph()
        paragraph.paragraph_format.keep_with_next = True
        picture = paragraph.add_run().add_picture(
            io.BytesIO(figure.draw("png")), width=self.shared.Mm(FIGURE_MM)
        )
        tallest = self.shared.Mm(MOST_HEIGHT_MM)
        if picture.height > tallest:
            picture.width, picture.height = int(picture.width * tallest / picture.height), tallest
        shown = picture._inline.docPr
        shown.set("descr", one_line(figure.description))
        shown.set("title", one_line(figure.caption))
        self.file.add_paragraph(one_line(figure.caption), style="Caption")

    def _table(self, table: Table) -> None:
        caption = self.file.add_paragraph(one_line(table.caption), style="Caption")
        caption.paragraph_format.keep_with_next = True
        made = self.file.add_table(rows=1 + len(table.rows), cols=len(table.columns))
        self._rule(made)
        for column, share in zip(made.columns, _shares(table), strict=True):
            column.width = self.shared.Mm(share * (PAGE_MM - 2 * MARGIN_MM))
        header, *rows = made.rows
        header._tr.get_or_add_trPr().append(self._element("w:tblHeader", val="true"))
        for cell, column in zip(header.cells, table.columns, strict=True):
            self._cell(cell, Cell(((Run(column.header, style="strong"),),)), column)
        for target, source in zip(rows, table.rows, strict=True):
            target._tr.get_or_add_trPr().append(self._element("w:cantSplit", val="true"))
            for cell, said, column in zip(target.cells, source.cells, table.columns, strict=True):
                self._cell(cell, said, column)
            if source.anchor:
                self._mark(target.cells[0].paragraphs[0], source.anchor)
        self.file.add_paragraph()

    def _rule(self, table: Any) -> None:  # noqa: ANN401 - python-docx's table
        """Lines between rows and none between columns."""
        borders = self._element("w:tblBorders")
        for side in ("top", "bottom", "insideH"):
            borders.append(self._element(f"w:{side}", val="single", sz="4", space="0", color=RULE))
        table._tbl.tblPr.append(borders)

    def _cell(self, target: Any, cell: Cell, column: Column) -> None:  # noqa: ANN401 - python-docx's cell
        paragraph = target.paragraphs[0]
        paragraph.paragraph_format.space_after = self.shared.Pt(0)
        if column.kind == "number":
            paragraph.alignment = self.alignment.RIGHT
        for number, line in enumerate(cell.lines):
            if number:
                paragraph.add_run().add_break()
            self._words(paragraph, line, TABLE_SIZE)

    def _words(self, paragraph: Any, words: Text, size: int | None = None) -> None:  # noqa: ANN401
        for run in words:
            made = paragraph.add_run(one_line(run.text))
            made.bold = True if run.style in ("strong", "better", "worse") else None
            made.font.name = "Courier New" if run.style == "code" else None
            made.font.size = self.shared.Pt(size) if size else None
            if run.to:
                made.font.color.rgb = self.shared.RGBColor.from_string(LINK)
                leads = self._element("w:hyperlink", anchor=_bookmark(run.to))
                paragraph._p.append(leads)
                leads.append(made._r)

    def _mark(self, paragraph: Any, anchor: str) -> None:  # noqa: ANN401 - python-docx's paragraph
        self._bookmarks += 1
        number = str(self._bookmarks)
        paragraph._p.append(self._element("w:bookmarkStart", id=number, name=_bookmark(anchor)))
        paragraph._p.append(self._element("w:bookmarkEnd", id=number))

    def _element(self, tag: str, /, **attributes: str) -> Any:  # noqa: ANN401 - an XML element
        element = self.oxml.OxmlElement(tag)
        for key, value in attributes.items():
            element.set(self.qualified(f"w:{key}"), value)
        return element


def _shares(table: Table) -> list[float]:
    """The share of the width that each column takes; labels and numbers have all that they need."""
    needs = [_letters(table, place) for place in range(len(table.columns))]
    words = [column.kind == "words" for column in table.columns]
    kept = sum(need for need, wraps in zip(needs, words, strict=True) if not wraps)
    wanted = sum(needs) - kept
    squeeze = min(1.0, max(PAGE_LETTERS - kept, 1) / wanted) if wanted else 1.0
    widths = [need * squeeze if wraps else need for need, wraps in zip(needs, words, strict=True)]
    return [width / sum(widths) for width in widths]


def _letters(table: Table, place: int) -> int:
    """The longest line of a column, and some room."""
    lines = [plain(line) for row in table.rows for line in row.cells[place].lines]
    return min(max(map(len, [*lines, table.columns[place].header])), WIDEST_COLUMN) + 3


def _bookmark(anchor: str) -> str:
    """Word's names have letters, digits and underscores, 40 at most."""
    return anchor.replace("-", "_")[:40]
