"""Every command-line option, declared once; a command's signature gives its default."""

from collections.abc import Callable, Iterable
from enum import StrEnum
from functools import wraps
from inspect import Parameter, Signature, signature
from itertools import chain
from typing import Annotated, Any, Literal

import typer

from hlhcli.frames import Baseline, Courses, Point, SameDay, UnitSystem, Until
from hlhcli.reading import DateOrder, DecimalMark, Layout, ReadingOptions
from hlhcli.request import Disturbing, Limits, Scale, Source, WindowRules
from hlhcli.request import Units as UnitOptions

Format = Literal["table", "csv", "tsv", "json", "jsonl", "markdown", "latex"]
FigureFormat = Literal["png", "svg", "pdf", "tiff"]
PageFormat = Literal["html", "markdown", "docx"]
InputFormat = Literal["csv", "xlsx", "parquet", "xpt", "cdisc", "fhir", "omop"]
Target = Literal["tidy", "wide", "adam", "fhir", "omop", "xlsx", "parquet", "xpt"]
Schema = Literal["plain", "adam"]


class Droppable(StrEnum):
    """What not every format has a place for."""

    PLACEMENT = "placement"
    NOTE = "note"


def _complete_marker(incomplete: str) -> Iterable[str]:
    from hlhcli import markers

    return [marker.name for marker in markers.markers() if marker.name.startswith(incomplete.lower())]


Labs = Annotated[
    str | None,
    typer.Argument(
        metavar="[LABS]",
        help="Lab table: a CSV or TSV file (gzip too), - for standard input, or a database: "
        "postgresql://user@host/name. None: the built-in Table 1 of Behrens 2006.",
        show_default=False,
    ),
]
ClaimsFile = Annotated[
    str | None,
    typer.Argument(
        metavar="[CLAIMS]",
        help="Table of what a manuscript states: marker, measure, at, stated and, as needed, intervention, "
        "unit, claim, source. None: what the article of the built-in case states.",
        show_default=False,
    ),
]
Strict = Annotated[
    bool, typer.Option("--strict", help="End with exit code 1 also where a claim cannot be told.")
]
LabFiles = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[FILE]...",
        help="Lab tables: CSV or TSV files (gzip too), or - for standard input. "
        "None: the built-in Table 1 of Behrens 2006.",
        show_default=False,
    ),
]
Deidentified = Annotated[
    bool,
    typer.Option(
        "--deid",
        help="Also look for what may tell who the patient is: dates, ages over 89, e-mail addresses, "
        "telephone, record and social security numbers. No proof that there is nothing else.",
    ),
]
CheckFormat = Annotated[
    Literal["table", "json"] | None,
    typer.Option(
        "--format", "-f", help="How to print.", show_default="table on a terminal, json into a pipe"
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
Given = Annotated[
    list[str] | None,
    typer.Option(
        "--given",
        metavar="NAME=START[..STOP]",
        help="An intervention, in place of a file: anakinra=2004-11-29..2004-12-14, or with day numbers. "
        "May be repeated.",
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
Sensitivity = Annotated[
    bool,
    typer.Option(
        "--sensitivity", help="The changes under every baseline rule, to see how much depends on it."
    ),
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
Times = Annotated[
    list[str] | None,
    typer.Option(
        "--time",
        metavar="LABEL=TIME",
        help='Day or date of a label that is no time: "Previous visit=-30"; "Previous visit=" leaves it out. '
        "May be repeated.",
        show_default=False,
    ),
]
TableLayout = Annotated[
    Layout | None,
    typer.Option(
        "--layout", help="How the lab table is laid out.", show_default="told from its headings and cells"
    ),
]
Decimal = Annotated[
    DecimalMark | None,
    typer.Option(
        "--decimal", help="The mark before decimals; the other one groups thousands.", show_default=False
    ),
]
Year = Annotated[
    int | None,
    typer.Option(
        "--year", min=1, max=9999, help="Year of dates that are written without one.", show_default=False
    ),
]
MappingFile = Annotated[
    str | None,
    typer.Option(
        "--mapping",
        metavar="FILE",
        help="TOML file that keeps these options: [columns], [times], layout, dates, decimal, year.",
        show_default=False,
    ),
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
LabTable = Annotated[
    str | None,
    typer.Option(
        "--table",
        metavar="NAME",
        help="Table of a database with the labs (mimiciv_hosp.labevents), or a SELECT that gives them; "
        "interventions then come from --interventions.",
        show_default="the tables of OMOP",
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
OnlyColumns = Annotated[
    list[str] | None,
    typer.Option(
        "--columns",
        metavar="NAMES",
        help="Only these columns, in this order: marker,at,fold_change. For CSV and other data.",
        show_default="all",
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
SpreadsheetSafe = Annotated[
    bool,
    typer.Option(
        "--spreadsheet-safe",
        help="For CSV and TSV that a spreadsheet opens: put ' before text that it would run as a formula. "
        "Numbers stay numbers.",
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
PageOutput = Annotated[
    str | None,
    typer.Option(
        "--output",
        "-o",
        metavar="FILE",
        help="Write to this file: .html, .md or .docx; - is standard output. Markdown has its pictures "
        "in files beside it.",
        show_default=False,
    ),
]
PageFileFormat = Annotated[
    PageFormat | None,
    typer.Option("--format", "-f", help="File format.", show_default="by suffix, else html"),
]
Title = Annotated[
    str | None,
    typer.Option("--title", metavar="TEXT", help="The heading of the page.", show_default=False),
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
    str | None,
    typer.Option(
        "--width",
        metavar="WIDTH",
        help="Width of the figure: 85mm, 120mm, 17.5cm or 3.3in.",
        show_default="120mm; a timeline 180mm",
    ),
]
Events = Annotated[
    str | None,
    typer.Option(
        "--events",
        metavar="FILE",
        help="Table of events that can disturb values, such as transfusions: event, start and, if known, "
        "stop, marker; subject where the labs have several.",
        show_default=False,
    ),
]
DisturbedFor = Annotated[
    str,
    typer.Option(
        "--disturbed-for",
        metavar="DURATION",
        help="For how long after an event a value counts as disturbed: a convention, not a published number.",
    ),
]
OwnVariation = Annotated[
    str | None,
    typer.Option(
        "--variation",
        metavar="FILE",
        help="Your laboratory's variation in per cent: marker, cvi, cva, source.",
        show_default=False,
    ),
]
ThresholdValues = Annotated[
    list[str] | None,
    typer.Option(
        "--threshold",
        metavar="MARKER=NUMBER",
        help="A limit to reach, such as ferritin=500; with --details. May be repeated.",
        show_default="the reference range of the labs",
    ),
]
Details = Annotated[
    bool,
    typer.Option(
        "--details",
        help="Also half-lives, limits reached, areas and pairs of values, as columns or under the table.",
    ),
]
OneMarker = Annotated[
    str,
    typer.Option(
        "--marker", metavar="NAME", help="The marker.", autocompletion=_complete_marker, show_default=False
    ),
]
OneIntervention = Annotated[
    str, typer.Option("--intervention", metavar="NAME", help="The intervention.", show_default=False)
]
OnePoint = Annotated[Point, typer.Option("--at", help="The response point.")]
Timeline = Annotated[
    bool,
    typer.Option("--timeline", help="The case at a glance: treatments as bars above the markers."),
]
Change = Annotated[
    bool, typer.Option("--change", help="Fold changes of all markers around one intervention.")
]
BeforeAfter = Annotated[
    bool, typer.Option("--before-after", help="Baseline against one response point (--at), by marker.")
]
Aligned = Annotated[
    bool,
    typer.Option(
        "--aligned",
        help="Several subjects, day 0 at their start of --relative-to: each one, median and quartiles.",
    ),
]
Swimmer = Annotated[bool, typer.Option("--swimmer", help="The treatments of several subjects, a row each.")]
Show = Annotated[bool, typer.Option("--show", help="Draw here, in the terminal, as text.")]
Units = Annotated[
    UnitSystem,
    typer.Option(
        "--units",
        help="Units of the result: as given (what differs is brought to a marker's first unit), "
        "or the SI or conventional unit of every marker that has one.",
    ),
]
AssumedUnits = Annotated[
    list[str] | None,
    typer.Option(
        "--unit",
        metavar="MARKER=UNIT",
        help="The unit of a marker's values that have none: ferritin=ng/mL. May be repeated.",
        show_default=False,
    ),
]
Ranges = Annotated[
    str | None,
    typer.Option(
        "--ranges",
        metavar="FILE",
        help="Reference ranges where the labs have none: a CSV file of marker, unit, low and high, "
        "or a built-in table by name: girl-14.",
        show_default=False,
    ),
]
Search = Annotated[
    str | None,
    typer.Argument(
        metavar="[SEARCH]",
        help="Part of a marker's name, an alias, a LOINC or CDISC code, or a unit.",
        show_default=False,
    ),
]
Definitions = Annotated[
    list[str] | None,
    typer.Option(
        "--definition",
        metavar="NAME",
        help="Only this definition: hscore, hlh-2004, hlh-2024, mas-2016, ms-score, ferritin-esr, ohi, "
        "isth-dic, sic, or a file of the same form: my.toml. May be repeated.",
        show_default="all",
    ),
]
Clinical = Annotated[
    str | None,
    typer.Option(
        "--clinical",
        metavar="FILE",
        help="Table of clinical items (temperature, spleen, hemophagocytosis, …): item, value, date and, "
        "if known, until, unit, source; subject where the labs have several.",
        show_default=False,
    ),
]
Carry = Annotated[
    str | None,
    typer.Option(
        "--carry",
        metavar="DURATION",
        help="Let a laboratory value stand for so many later days on which there is none: 2d.",
        show_default="not at all",
    ),
]
Scores = Annotated[
    list[str] | None,
    typer.Option(
        "--score",
        metavar="NAME",
        help="The course of this score, its range as a band: hscore, hlh-2004, …, my.toml. "
        "With --timeline: below the markers, and may be repeated.",
        show_default=False,
    ),
]
OnDays = Annotated[
    list[str] | None,
    typer.Option(
        "--on",
        metavar="DAY",
        help="Only this day, as the labs write it: 2004-11-25, or 3. May be repeated.",
        show_default=False,
    ),
]
Items = Annotated[
    bool, typer.Option("--items", help="Every criterion with its value, threshold, verdict and cell.")
]
DDimerScheme = Annotated[
    str | None,
    typer.Option(
        "--ddimer-scheme",
        metavar="NAME",
        help="What counts as a raised D-dimer in ISTH overt DIC, which is local: uln (2 and 4 times the "
        "upper reference limit), feu-0.5-5 or feu-1-5 (mg/L FEU).",
        show_default="uln",
    ),
]
Responses = Annotated[
    list[str] | None,
    typer.Option(
        "--definition",
        metavar="NAME",
        help="Only this definition: emapalumab-phlh, marsh-2013, emerald, or a file of the same form: "
        "my.toml. May be repeated.",
        show_default="all",
    ),
]
ChangesFile = Annotated[
    str | None,
    typer.Option(
        "--changes",
        metavar="FILE",
        help="Changes that summarize wrote (CSV, TSV or Parquet), in place of labs and interventions; - is "
        "standard input.",
        show_default=False,
    ),
]
CoursesThatCount = Annotated[
    Courses,
    typer.Option(
        "--courses",
        help="What counts where a subject has several starts of an intervention: the first, or each.",
    ),
]
MaskBelow = Annotated[
    int | None,
    typer.Option(
        "--mask-below",
        metavar="COUNT",
        min=4,
        help="Hide counts below this one that are not 0, and what they could be worked out from.",
        show_default=False,
    ),
]
CohortFigure = Annotated[
    str | None,
    typer.Option(
        "--figure",
        metavar="FILE",
        help="Draw every subject's values of one marker by the days from one intervention, with median and "
        "quartiles: .png, .svg, .pdf or .tiff.",
        show_default=False,
    ),
]
Ctcae = Annotated[Literal["v5", "v6"], typer.Option("--ctcae", help="Version of the CTCAE.")]
GradeBaseline = Annotated[
    str | None,
    typer.Option(
        "--baseline-before",
        metavar="NAME",
        help="The baseline is the last value on or before the start of this intervention.",
        show_default="the subject's first",
    ),
]
Worst = Annotated[
    bool, typer.Option("--worst", help="The highest grade after each intervention instead of every value.")
]


def state_reading(  # noqa: PLR0913 - each option is one argument
    column: Columns = None,
    time: Times = None,
    layout: TableLayout = None,
    dates: Dates = None,
    decimal: Decimal = None,
    year: Year = None,
    input_format: From = None,
    sheet: Sheet = None,
    table: LabTable = None,
    drug: Drugs = None,
    course_gap: CourseGap = None,
    mapping: MappingFile = None,
) -> ReadingOptions:
    """The options that say how to read a file: every command that reads has them all."""
    from hlhcli.readers.mapping import state_options

    return state_options(
        columns=column or (),
        times=time or (),
        layout=layout,
        dates=dates,
        decimal=decimal,
        year=year,
        file_format=input_format,
        sheet=sheet,
        table=table,
        drugs=drug or (),
        course_gap=course_gap,
        mapping=mapping,
    )


def state_source(labs: Labs = None, interventions: Interventions = None, given: Given = None) -> Source:
    """Where labs and interventions come from."""
    return Source(labs, interventions, given or ())


def state_units(units: Units = "as-given", unit: AssumedUnits = None, ranges: Ranges = None) -> UnitOptions:
    """The options about units and reference ranges."""
    return UnitOptions(units, unit or (), ranges)


def state_rules(
    same_day: SameDayRule = "before", before: Before = None, after: After = None, until: UntilRule = "next"
) -> WindowRules:
    """The options that say what a window is."""
    return WindowRules(before=before, after=after, until=until, same_day=same_day)


def state_disturbing(events: Events = None, disturbed_for: DisturbedFor = "48h") -> Disturbing:
    """The options about events that disturb values."""
    return Disturbing(events, disturbed_for)


Engine = Annotated[
    Literal["auto", "pandas", "stream", "spark"],
    typer.Option(
        "--engine",
        help="pandas reads all into memory; stream takes labs of any size (CSV, gzip, Parquet, OMOP; a "
        "folder or pattern of files); spark does the same on a cluster, also from its tables "
        "(spark:catalog.schema.table), databases (jdbc:postgresql://…) and stores (s3a://…); the numbers are "
        "the same.",
        show_default="by size and form of the labs",
    ),
]
Memory = Annotated[
    str | None,
    typer.Option(
        "--memory",
        metavar="SIZE",
        help="Memory that a stream may take: 2GB.",
        show_default="a quarter of the machine's",
    ),
]
Rejects = Annotated[
    str | None,
    typer.Option(
        "--rejects",
        metavar="FILE",
        help="Write rows of a stream that cannot be read to this CSV file, each with its line and reason.",
        show_default=False,
    ),
]
StrictRows = Annotated[
    bool,
    typer.Option(
        "--strict",
        help="End a stream, with exit code 1, at the first row that cannot be read, and where a subject of "
        "the interventions has no labs.",
    ),
]


Master = Annotated[
    str | None,
    typer.Option(
        "--master",
        metavar="URL",
        help="Where Spark runs: local[4], spark://host:7077, yarn, k8s://…, sc://… (Spark Connect).",
        show_default="all cores of this machine",
    ),
]
SparkSettings = Annotated[
    list[str] | None,
    typer.Option(
        "--spark-conf",
        metavar="KEY=VALUE",
        help="A setting of Spark, such as spark.executor.memory=8g or spark.jars=postgresql.jar; repeatable.",
        show_default=False,
    ),
]


def state_scale(
    engine: Engine = "auto",
    memory: Memory = None,
    rejects: Rejects = None,
    strict: StrictRows = False,
    master: Master = None,
    spark_conf: SparkSettings = None,
) -> Scale:
    """The options for inputs that may be larger than memory."""
    return Scale(engine, memory, rejects, strict, master, spark_conf or ())


def state_limits(threshold: ThresholdValues = None, variation: OwnVariation = None) -> Limits:
    """The options about the laboratory's variation and limits to reach."""
    return Limits(variation, threshold or ())


GROUPS: dict[str, Callable[..., Any]] = {
    "source": state_source,
    "reading": state_reading,
    "units": state_units,
    "rules": state_rules,
    "disturbing": state_disturbing,
    "limits": state_limits,
    "scale": state_scale,
}
"""What a parameter of a command stands for: all options of the function, in the parameter's place."""


def with_groups(command: Callable[..., None]) -> Callable[..., None]:
    """Put the options of `GROUPS` in the place of the parameters that are named like them."""
    own = signature(command).parameters
    groups = {name: signature(GROUPS[name]).parameters for name in own if name in GROUPS}

    @wraps(command)
    def run(**values: Any) -> None:  # noqa: ANN401 - the values of any options
        stated = {
            name: GROUPS[name](**{option: values.pop(option) for option in options})
            for name, options in groups.items()
        }
        command(**stated, **values)

    parameters = chain.from_iterable(
        groups[name].values() if name in groups else [item] for name, item in own.items()
    )
    run.__signature__ = Signature([item.replace(kind=Parameter.KEYWORD_ONLY) for item in parameters])  # type: ignore[attr-defined]
    return run
