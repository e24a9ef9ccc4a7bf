"""How to read a file that does not say it itself: what a user can state, in one object."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Literal, NamedTuple, get_args

Layout = Literal["tidy", "markers-down", "times-down"]
"""How a lab table is laid out: a row per value, or markers down, or times down."""

DateOrder = Literal["dmy", "mdy"]
"""The order of numeric dates."""

DecimalMark = Literal["point", "comma"]
"""What stands before the decimals; the other mark groups thousands."""

CHOICES: dict[str, tuple[str, ...]] = {
    "layout": get_args(Layout),
    "dates": get_args(DateOrder),
    "decimal": get_args(DecimalMark),
}


class ReadingOptions(NamedTuple):
    """What the user states about a file; everything left out is told from the content."""

    columns: Mapping[str, str] = MappingProxyType({})
    """The file's column for a word of the design: ``{"subject": "patient_id"}``."""
    times: Mapping[str, str] = MappingProxyType({})
    """The day or date of a label that is no time; ``""`` leaves its values out."""
    layout: str | None = None
    dates: str | None = None
    decimal: str | None = None
    year: int | None = None
    """The year of dates that are written without one."""
    file_format: str | None = None
    """The format of the labs and interventions; None: told from the content."""
    sheet: str | None = None
    """The sheet of a workbook that holds the labs."""
    table: str | None = None
    """The table of a database that holds the labs, or a SELECT; None: those of OMOP."""
    drugs: Sequence[str] = ()
    """Drugs of a FHIR or OMOP record to take as interventions; none: all."""
    course_gap: str | None = None
    """Records of one drug at most so far apart are one course."""

    def over(self, other: "ReadingOptions") -> "ReadingOptions":
        """These options where they say something, the other's elsewhere."""
        return ReadingOptions(
            columns={**other.columns, **self.columns},
            times={**other.times, **self.times},
            layout=self.layout or other.layout,
            dates=self.dates or other.dates,
            decimal=self.decimal or other.decimal,
            year=self.year or other.year,
            file_format=self.file_format or other.file_format,
            sheet=self.sheet or other.sheet,
            table=self.table or other.table,
            drugs=self.drugs or other.drugs,
            course_gap=self.course_gap or other.course_gap,
        )


DEFAULT = ReadingOptions()
"""Nothing stated: everything is told from the content."""
