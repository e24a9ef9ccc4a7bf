"""Where the report comes from: files, version, command line, notes and cells not used."""

from collections.abc import Iterator, Sequence

from hlhcli.readers.address import is_address
from hlhcli.report.document import Column, Items, Paragraph, Part, Run, Section, text
from hlhcli.report.material import Material, UnusedCell
from hlhcli.report.tables import row, table

ALL_USED = "Every cell of the labs that should hold a value was used."
NO_FILE = "not kept (standard input)"
NO_TABLE = "not kept (a database)"


def section(material: Material) -> Section:
    """Files with their checksums, the command line, and what the readers said."""
    parts = (
        Section("files", "Input files", (_files(material),)),
        Section("run", "Program", tuple(_program(material))),
        Section("cells", "Cells not used", tuple(_cells(material.unused))),
    )
    return Section("provenance", "Provenance", (), parts)


def _files(material: Material) -> Part:
    columns = (Column("Given as"), Column("File"), Column("Bytes", "number"), Column("SHA-256"))
    rows = (
        row(
            one.role,
            one.name,
            str(one.size) if one.sha256 else "",
            Run(one.sha256, style="code") if one.sha256 else NO_TABLE if is_address(one.name) else NO_FILE,
        )
        for one in material.run.files
    )
    return table("files-table", "Input files and their checksums", columns, rows)


def _program(material: Material) -> Iterator[Part]:
    yield Paragraph(text(f"hlhcli {material.run.version}, called as "))
    yield Paragraph(text(Run(material.run.command, style="code")))
    if material.run.notes:
        yield Paragraph(text("While reading, it noted:"))
        yield Items(tuple(text(" ".join(note.split())) for note in material.run.notes))


def _cells(unused: Sequence[UnusedCell]) -> Iterator[Part]:
    if not unused:
        yield Paragraph(text(ALL_USED))
        return
    yield Paragraph(text("An empty or wordless cell is never replaced by a number."))
    columns = (Column("Line", "number"), Column("Column"), Column("Cell"), Column("Why it is not used"))
    rows = (row(str(one.line or "–"), one.column, one.text, one.reason) for one in unused)
    yield table("cells-table", "Cells of the labs that hold no value", columns, rows)
