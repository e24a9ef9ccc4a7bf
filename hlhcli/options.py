"""Every command-line option, declared once; a command's signature gives its default."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Annotated, Literal

import typer

from hlhcli import markers
from hlhcli.frames import Baseline, Point, SameDay, Until

Format = Literal["table", "csv", "tsv", "json", "jsonl", "markdown", "latex"]
FigureFormat = Literal["png", "svg", "pdf", "tiff"]
InputFormat = Literal["csv", "xlsx", "parquet", "xpt", "cdisc", "fhir", "omop"]
Target = Literal["tidy", "wide", "adam", "fhir", "omop", "xlsx", "parquet", "xpt"]
DateOrder = Literal["dmy", "mdy"]
Schema = Literal["plain", "adam"]


class Droppable(StrEnum):
    """What not every format has a place for."""

    PLACEMENT = "placement"
    NOTE = "note"


def _complete_marker(incomplete: str) -> Iterable[str]:
    return [marker.name for marker in markers.markers() if marker.name.startswith(incomplete.lower())]


Labs = Annotated[
    str | None,
    typer.Argument(
        metavar="[LABS]",
        help="Lab table: a CSV or TSV file (gzip too), or - for standard input. "
        "None: the built-in Table 1 of Behrens 2006.",
        show_default=False,
    ),
]
Interventions = Annotated[
    str | None,
    typer.Option(
        "--interventions",
        metavar="FILE",
        help="Table of interventions: intervention, start and, if known, stop, dose, route, note; "
        "subject where the labs have several.",
        show_default=False,
    ),
]
Markers = Annotated[
    list[str] | None,
    typer.Option(
        "--marker",
        metavar="NAME",
        help="Only this marker: any alias or LOINC code, in any case. May be repeated.",
        autocompletion=_complete_marker,
        show_default=False,
    ),
]
OnlyInterventions = Annotated[
    list[str] | None,
    typer.Option(
        "--intervention",
        metavar="NAME",
        help="Only this intervention. May be repeated.",
        show_default=False,
    ),
]
Subjects = Annotated[
    list[str] | None,
    typer.Option("--subject", metavar="NAME", help="Only this subject. May be repeated.", show_default=False),
]
Points = Annotated[
    list[Point] | None,
    typer.Option(
        "--at",
        help="Response point: first value, nadir, peak, last value, mean or median after the start, "
        "or each value. May be repeated.",
        show_default="first nadir peak last",
    ),
]
BaselineRule = Annotated[
    Baseline, typer.Option("--baseline", help="Which value before the start the response is compared with.")
]
SameDayRule = Annotated[
    SameDay,
    typer.Option(
        "--same-day", help="What a result of the start day counts as where the time of day is not known."
    ),
]
Before = Annotated[
    str | None,
    typer.Option(
        "--before",
        metavar="DURATION",
        help="Look back at most so far for the baseline: 7d, 36h, 2w.",
        show_default=False,
    ),
]
After = Annotated[
    str | None,
    typer.Option(
        "--after",
        metavar="DURATION",
        help="Look at most so far past the start: 14d, 36h, 2w.",
        show_default=False,
    ),
]
UntilRule = Annotated[
    Until,
    typer.Option(
        "--until",
        help="What ends a window: the next intervention, its own stop, or the end of the data.",
    ),
]
Columns = Annotated[
    list[str] | None,
    typer.Option(
        "--column",
        metavar="WORD=NAME",
        help="Which column is which, where the file's own names are not known: "
        "subject=patient_nr, time=drawn_at. May be repeated.",
        show_default=False,
    ),
]
Dates = Annotated[
    DateOrder | None,
    typer.Option("--dates", help="Order of numeric dates such as 03/04/2005.", show_default=False),
]
From = Annotated[
    InputFormat | None,
    typer.Option(
        "--from", help="Format of the labs and of the interventions.", show_default="told by content"
    ),
]
Sheet = Annotated[
    str | None,
    typer.Option(
        "--sheet", metavar="NAME", help="Sheet of the Excel workbook with the labs.", show_default=False
    ),
]
Drugs = Annotated[
    list[str] | None,
    typer.Option(
        "--drug",
        metavar="NAME",
        help="Drug of a FHIR or OMOP record to take as intervention: part of its name, or its code; "
        "read from the labs' own record where there is no --interventions. May be repeated.",
        show_default=False,
    ),
]
CourseGap = Annotated[
    str | None,
    typer.Option(
        "--course-gap",
        metavar="DURATION",
        help="Take records of one drug at most so far apart as one course: 30d.",
        show_default="each record is an intervention",
    ),
]
To = Annotated[
    Target | None, typer.Option("--to", help="Format to write.", show_default="by suffix, else tidy")
]
ConvertOutput = Annotated[
    str | None,
    typer.Option(
        "--output",
        "-o",
        metavar="OUT",
        help="File to write (for omop: a new folder); - is standard output.",
        show_default="standard output",
    ),
]
Drop = Annotated[
    list[Droppable] | None,
    typer.Option("--drop", help="Leave this out, where the format has no place for it. May be repeated."),
]
UtcOffset = Annotated[
    str | None,
    typer.Option(
        "--utc-offset",
        metavar="OFFSET",
        help="Offset from UTC of the times of day, which FHIR wants: +01:00.",
        show_default=False,
    ),
]
OutputFormat = Annotated[
    Format | None,
    typer.Option(
        "--format",
        "-f",
        help="How to print.",
        show_default="table on a terminal, csv into a pipe, by suffix into a file",
    ),
]
OutputSchema = Annotated[
    Schema, typer.Option("--schema", help="Column names: plain, or those of CDISC ADaM.")
]
Output = Annotated[
    str | None,
    typer.Option(
        "--output", "-o", metavar="FILE", help="Write to this file; - is standard output.", show_default=False
    ),
]
DataPackage = Annotated[
    bool,
    typer.Option(
        "--datapackage",
        help="Write datapackage.json beside the CSV: types, units and meanings of its columns.",
    ),
]
FigureOutput = Annotated[
    str | None,
    typer.Option(
        "--output",
        "-o",
        metavar="FILE",
        help="Write to this file: .png, .svg, .pdf or .tiff; - is standard output.",
        show_default="the marker's name, .png",
    ),
]
FigureFileFormat = Annotated[
    FigureFormat | None,
    typer.Option("--format", "-f", help="File format.", show_default="by suffix, else png"),
]
RelativeTo = Annotated[
    str | None,
    typer.Option(
        "--relative-to",
        metavar="NAME",
        help="Count days from the start of this intervention (day 0).",
        show_default="calendar dates",
    ),
]
LogScale = Annotated[
    bool | None,
    typer.Option("--log/--linear", help="Scale of the values.", show_default="log where they span 50-fold"),
]
Continuous = Annotated[
    bool, typer.Option("--continuous", help="One time scale throughout: no break in long gaps.")
]
Width = Annotated[
    str,
    typer.Option("--width", metavar="WIDTH", help="Width of the figure: 85mm, 120mm, 17.5cm or 3.3in."),
]
