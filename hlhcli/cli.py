"""The commands. Each reads, computes, renders and writes; the science is elsewhere.

Heavy imports stand inside the commands, so that help and completion start at once.
"""

import warnings
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

import hlhcli
from hlhcli import options
from hlhcli.errors import DataNote, HlhcliError
from hlhcli.frames import Point
from hlhcli.printable import lines
from hlhcli.reading import ReadingOptions
from hlhcli.request import Disturbing, Limits, Scale, Source, Units, WindowRules

EXIT_CODES = "Exit codes: 0 done; 1 the input or the data is at fault; 2 wrong use of an option."


class Boundary(TyperGroup):
    """The one place where an error becomes a message and an exit code."""

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401 - typer's own context and result
        """Run a command; notes and errors go to standard error, errors exit with 1."""
        with warnings.catch_warnings():
            warnings.simplefilter("always", DataNote)
            warnings.showwarning = _show_note
            try:
                return super().invoke(ctx)
            except HlhcliError as error:
                typer.echo(f"hlhcli: error: {lines(str(error))}", err=True)
                raise typer.Exit(1) from None


def _show_note(message: Warning | str, *_: Any, **__: Any) -> None:  # noqa: ANN401 - as warnings calls it
    typer.echo(f"hlhcli: note: {lines(str(message))}", err=True)


def _examples(*commands: str) -> str:
    lines = "\n".join(f"  {command}" for command in commands)
    return f"\b\nExamples:\n{lines}"


app = typer.Typer(
    cls=Boundary,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=_examples(
        "hlhcli summarize",
        "hlhcli summarize --marker d-dimer --at first --format csv",
        "hlhcli plot --marker d-dimer",
        "hlhcli summarize labs.csv --interventions drugs.csv | head",
    )
    + f"\n\n{EXIT_CODES}",
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"hlhcli {hlhcli.__version__}")
        raise typer.Exit


@app.callback()
def main(
    version: Annotated[
        bool,
        typer.Option("--version", "-V", help="Print the version.", is_eager=True, callback=_print_version),
    ] = False,
) -> None:
    """Laboratory values around treatments: what changed, when and by how much.

    Compares serial values before and after each intervention: differences, per cent and fold
    changes as a table, a figure or CSV. It describes; it does not show cause.
    """


@app.command(
    epilog=_examples(
        "hlhcli summarize",
        "hlhcli summarize --marker ferritin --marker plt --baseline mean",
        "hlhcli summarize labs.csv --interventions drugs.csv --until stop -o changes.csv",
    )
)
@options.with_groups
def summarize(
    *,
    source: Source,
    marker: options.Markers = None,
    intervention: options.OnlyInterventions = None,
    subject: options.Subjects = None,
    at: options.Points = None,
    baseline: options.BaselineRule = "last",
    sensitivity: options.Sensitivity = False,
    rules: WindowRules,
    reading: ReadingOptions,
    units: Units,
    file_format: options.OutputFormat = None,
    columns: options.OnlyColumns = None,
    schema: options.OutputSchema = "plain",
    datapackage: options.DataPackage = False,
    output: options.Output = None,
    spreadsheet_safe: options.SpreadsheetSafe = False,
    details: options.Details = False,
    limits: Limits,
    disturbing: Disturbing,
    scale: Scale,
) -> None:
    """Changes of each marker around each intervention.

    One row per subject, marker, intervention and response point. On a terminal a table; into a
    pipe or a file CSV in full precision.
    """
    from hlhcli.commands import spark, stream
    from hlhcli.commands import summarize as command
    from hlhcli.commands.case import load
    from hlhcli.commands.evidence import load_context
    from hlhcli.commands.targets import choose_table_format
    from hlhcli.progress import stage

    folder = spark.find_folder(scale, output, file_format)
    target, chosen = choose_table_format(
        "changes.parquet" if folder else output, file_format, spreadsheet_safe=spreadsheet_safe, parquet=True
    )
    if columns:
        chosen = command.choose_data_format(chosen, file_format, target, schema)
    if schema == "adam" and chosen == "table":
        raise HlhcliError("--schema adam renames columns and cannot be printed as a table; add --format csv")
    if datapackage and (target is None or chosen != "csv" or schema != "plain"):
        raise HlhcliError("--datapackage describes a plain CSV file; write one: -o changes.csv")
    analysis = command.state_analysis(
        at,
        baseline,
        rules,
        interventions=intervention,
        sensitivity=sensitivity,
        details=details,
        columns=columns or (),
    )
    destination = stream.Destination(target, chosen, schema, datapackage)
    asked = stream.Question(
        source,
        reading,
        units,
        analysis,
        stream.Only(tuple(subject or ()), tuple(marker or ())),
        (disturbing, limits),
        destination,
        scale,
    )
    if scale.engine == "spark":
        bad = spark.run(asked, folder)
    elif stream.is_chosen(scale, source, reading, destination):
        bad = stream.run(asked)
    else:
        bad = None
    if bad is not None:
        raise typer.Exit(1 if bad else 0)
    case = load(source, reading, units, subjects=subject, markers=marker)
    context = load_context(case, source, disturbing, limits, reading=reading)
    with stage("computing changes"):
        result = command.analyze_case(case, context, analysis)
    with stage("writing"):
        command.write_changes(case, result, rules, baseline, chosen, schema, target)
        if datapackage and target is not None:
            command.write_datapackage(result, target)


@app.command(
    epilog=_examples(
        "hlhcli plot --marker d-dimer",
        "hlhcli plot --marker d-dimer --relative-to anakinra --width 85mm -o figure1.pdf",
        "hlhcli plot --marker hb --format svg -o - > hb.svg",
        "hlhcli plot --timeline --marker d-dimer --marker hb -o case.pdf",
        "hlhcli plot --change --intervention anakinra",
        "hlhcli plot --marker d-dimer --show",
    )
)
@options.with_groups
def plot(
    *,
    source: Source,
    marker: options.Markers = None,
    subject: options.Subjects = None,
    timeline: options.Timeline = False,
    change: options.Change = False,
    before_after: options.BeforeAfter = False,
    aligned: options.Aligned = False,
    swimmer: options.Swimmer = False,
    show: options.Show = False,
    intervention: options.OnlyInterventions = None,
    at: options.Points = None,
    baseline: options.BaselineRule = "last",
    rules: WindowRules,
    relative_to: options.RelativeTo = None,
    log: options.LogScale = None,
    continuous: options.Continuous = False,
    width: options.Width = None,
    reading: ReadingOptions,
    units: Units,
    file_format: options.FigureFileFormat = None,
    output: options.FigureOutput = None,
    disturbing: Disturbing,
    variation: options.OwnVariation = None,
    score: options.Scores = None,
    clinical: options.Clinical = None,
    carry: options.Carry = None,
    ddimer_scheme: options.DDimerScheme = None,
) -> None:
    """The course of one or more markers with the interventions, as a figure for a paper.

    Without --marker: all markers as small panels on one time axis. Other figures: --timeline,
    --change, --before-after, --aligned, --swimmer; and --show draws in the terminal.
    """
    from hlhcli.commands.case import load
    from hlhcli.commands.evidence import load_context, mark_disturbed
    from hlhcli.commands.kinds import choose_kind, require_use

    kind = choose_kind(
        timeline=timeline,
        change=change,
        before_after=before_after,
        aligned=aligned,
        swimmer=swimmer,
        show=show,
        score=bool(score) and not timeline,
    )
    used = {
        "--intervention": bool(intervention),
        "--at": bool(at),
        "--baseline": baseline != "last",
        "--same-day": rules["same_day"] != "before",
        "--until": rules["until"] != "next",
        "--before": rules["before"] is not None,
        "--after": rules["after"] is not None,
        "--relative-to": relative_to is not None,
        "--continuous": continuous,
        "--log/--linear": log is not None,
        "--width": width is not None,
        "--variation": variation is not None,
        "--clinical": clinical is not None and not score,
        "--carry": carry is not None and not score,
        "--ddimer-scheme": ddimer_scheme is not None and not score,
    }
    require_use(kind, **used)
    case = load(source, reading, units, subjects=subject, markers=None if score else marker)
    limits = Limits(variation)
    context = load_context(case, source, disturbing, limits, reading=reading)
    case = mark_disturbed(case, context)
    if kind == "show":
        from hlhcli.commands.show import show_courses

        show_courses(case, markers=marker or [], log=log, output=output)
        return
    from hlhcli.commands import plot as command
    from hlhcli.commands.targets import choose_figure_format

    drawn = []
    if score:
        from hlhcli.commands.plot_score import scores_of, statements

        stated = statements(source.labs, clinical, case, reading)
        drawn = scores_of(case, stated, score, carry=carry, scheme=ddimer_scheme)
    material = command.Material(case, context, drawn)
    target, chosen = choose_figure_format(output, file_format, command.file_stem(kind, material))
    command.plot(
        kind,
        material,
        command.Wishes(
            markers=marker or [],
            interventions=intervention or [],
            at=at or [],
            baseline=baseline,
            rules=rules,
            relative_to=relative_to,
            log=log,
            continuous=continuous,
            width=command.parse_width(width) if width else None,
        ),
        file_format=chosen,
        target=target,
    )


@app.command(
    epilog=_examples(
        "hlhcli explain --marker d-dimer --intervention anakinra",
        "hlhcli explain --marker hb --intervention etoposide --at nadir",
        "hlhcli explain labs.csv --interventions drugs.csv --marker ferritin --intervention anakinra",
    )
)
@options.with_groups
def explain(
    *,
    marker: options.OneMarker,
    intervention: options.OneIntervention,
    source: Source,
    subject: options.Subjects = None,
    at: options.OnePoint = Point.FIRST,
    baseline: options.BaselineRule = "last",
    rules: WindowRules,
    reading: ReadingOptions,
    units: Units,
    limits: Limits,
    disturbing: Disturbing,
) -> None:
    """One change in words: from which cells, by which rule, how sure, and what else was going on."""
    from hlhcli.commands import explain as command
    from hlhcli.commands.case import load
    from hlhcli.commands.evidence import load_context

    case = load(source, reading, units, subjects=subject, markers=[marker])
    context = load_context(case, source, disturbing, limits, reading=reading)
    command.explain_change(
        case, context, rules, labs=source.labs, intervention=intervention, at=at, baseline=baseline
    )


@app.command(
    epilog=_examples(
        "hlhcli report -o case.html",
        "hlhcli report labs.csv --interventions drugs.csv --title 'Case 1' -o case1.html",
        "hlhcli report labs.csv --interventions drugs.csv --subject p7 --definition hscore -o p7.docx",
    )
)
@options.with_groups
def report(
    context: typer.Context,
    *,
    source: Source,
    marker: options.Markers = None,
    subject: options.Subjects = None,
    baseline: options.BaselineRule = "last",
    rules: WindowRules,
    reading: ReadingOptions,
    units: Units,
    variation: options.OwnVariation = None,
    disturbing: Disturbing,
    definition: options.Definitions = None,
    clinical: options.Clinical = None,
    carry: options.Carry = None,
    ddimer_scheme: options.DDimerScheme = None,
    title: options.Title = None,
    file_format: options.PageFileFormat = None,
    output: options.PageOutput = None,
) -> None:
    """The whole case on one page that needs nothing else: to read, to print and to hand on.

    Timeline, changes around each intervention, what is uncertain and why, scores, courses, a
    Methods paragraph, sources, the input files with checksums, and all values.
    """
    from hlhcli.commands import report as command
    from hlhcli.commands.provenance import read_call
    from hlhcli.commands.targets import choose_page_format
    from hlhcli.criteria import find_definitions

    target, chosen = choose_page_format(output, file_format)
    wishes = command.Wishes(
        source=source,
        reading=reading,
        units=units,
        disturbing=disturbing,
        rules=rules,
        baseline=baseline,
        limits=Limits(variation),
        subjects=subject or (),
        markers=marker or (),
        definitions=find_definitions(definition or []),
        clinical=clinical,
        carry=carry,
        scheme=ddimer_scheme,
    )
    command.write_report(command.make(wishes, read_call(context), title), chosen, target)


@app.command(
    epilog=_examples(
        "hlhcli markers",
        "hlhcli markers ferritin",
        "hlhcli markers 48065-7",
        "hlhcli markers -f csv > markers.csv",
    )
)
def markers(
    search: options.Search = None,
    file_format: options.OutputFormat = None,
    output: options.Output = None,
    spreadsheet_safe: options.SpreadsheetSafe = False,
) -> None:
    """The markers that are known: names, codes, which way is better, units and conversions.

    Every direction and every conversion has its source. A search that leaves a few markers shows
    them in full.
    """
    from hlhcli.commands import markers as command
    from hlhcli.commands.targets import choose_table_format

    target, chosen = choose_table_format(output, file_format, spreadsheet_safe=spreadsheet_safe)
    command.write_markers(search, chosen, target)


@app.command(
    epilog=_examples(
        "hlhcli check labs.csv --interventions drugs.csv",
        "hlhcli check labs.csv --deid",
        "hlhcli check labs.csv --format json | jq '.[].cells'",
    )
)
@options.with_groups
def check(
    *,
    files: options.LabFiles = None,
    interventions: options.Interventions = None,
    deid: options.Deidentified = False,
    reading: ReadingOptions,
    file_format: options.CheckFormat = None,
    output: options.Output = None,
) -> None:
    """What was understood of a file, and every cell that was not used.

    Ends with exit code 1 where something is wrong.
    """
    from hlhcli.commands import check as command
    from hlhcli.commands.targets import choose_report_format

    target, chosen = choose_report_format(output, file_format)
    reports = command.check(files or [], interventions, reading, deid=deid)
    command.write_reports(reports, chosen, target)


@app.command(
    epilog=_examples(
        "hlhcli score",
        "hlhcli score --definition hscore --on 2004-11-25 --items",
        "hlhcli score labs.csv --clinical findings.csv --carry 2d -o scores.csv",
    )
)
@options.with_groups
def score(
    *,
    labs: options.Labs = None,
    definition: options.Definitions = None,
    clinical: options.Clinical = None,
    carry: options.Carry = None,
    on: options.OnDays = None,
    items: options.Items = False,
    subject: options.Subjects = None,
    ddimer_scheme: options.DDimerScheme = None,
    reading: ReadingOptions,
    units: Units,
    file_format: options.OutputFormat = None,
    output: options.Output = None,
    spreadsheet_safe: options.SpreadsheetSafe = False,
) -> None:
    """Published criteria and scores at each day: met, not met or unknown.

    What is not known stays open: a score is then a range, with what would decide it. One row
    per subject, day and definition; a definition made for another setting says so.
    """
    from hlhcli.commands import score as command
    from hlhcli.commands.targets import choose_table_format
    from hlhcli.criteria import find_definitions
    from hlhcli.progress import stage

    target, chosen = choose_table_format(output, file_format, spreadsheet_safe=spreadsheet_safe)
    definitions = find_definitions(definition or [])
    patients = command.load(labs, clinical, reading, subjects=subject or [], units=units)
    with stage("evaluating criteria"):
        result = command.score(patients, definitions, carry, ddimer_scheme)
        result = command.on_days(result, on or [])
    command.write_scores(result, definitions, chosen, target, items=items)


@app.command(
    epilog=_examples(
        "hlhcli response --intervention anakinra",
        "hlhcli response --definition marsh-2013 --until end --after 14d",
        "hlhcli response labs.csv --interventions drugs.csv --items -o items.csv",
    )
)
@options.with_groups
def response(
    *,
    source: Source,
    definition: options.Responses = None,
    intervention: options.OnlyInterventions = None,
    subject: options.Subjects = None,
    items: options.Items = False,
    rules: WindowRules,
    reading: ReadingOptions,
    units: Units,
    file_format: options.OutputFormat = None,
    output: options.Output = None,
    spreadsheet_safe: options.SpreadsheetSafe = False,
) -> None:
    """Published definitions of response around each intervention, applied post hoc.

    The laboratory part of each, with how many of its items could be evaluated; --items gives
    each item's baseline, value and what was required as CSV. On a terminal both are shown.
    """
    from hlhcli.commands import response as command
    from hlhcli.commands.case import load
    from hlhcli.commands.targets import choose_table_format
    from hlhcli.criteria.responses import find_responses

    target, chosen = choose_table_format(output, file_format, spreadsheet_safe=spreadsheet_safe)
    definitions = find_responses(definition or [])
    case = load(source, reading, units, subjects=subject)
    result = command.respond(case, intervention or [], definitions, rules)
    command.write_responses(result, definitions, chosen, target, items=items)


@app.command(
    epilog=_examples(
        "hlhcli grade --marker plt --marker hb",
        "hlhcli grade --worst --ctcae v6 --ranges girl-14",
        "hlhcli grade labs.csv --interventions drugs.csv --baseline-before anakinra -o grades.csv",
    )
)
@options.with_groups
def grade(
    *,
    source: Source,
    ctcae: options.Ctcae = "v5",
    baseline_before: options.GradeBaseline = None,
    worst: options.Worst = False,
    marker: options.Markers = None,
    subject: options.Subjects = None,
    rules: WindowRules,
    reading: ReadingOptions,
    units: Units,
    file_format: options.OutputFormat = None,
    output: options.Output = None,
    spreadsheet_safe: options.SpreadsheetSafe = False,
) -> None:
    """CTCAE laboratory grades of each value: toxicity, not disease severity.

    The limits are those beside each value (reference_low, reference_high). The window options
    apply to --worst.
    """
    from hlhcli.commands import grade as command
    from hlhcli.commands.case import load
    from hlhcli.commands.targets import choose_table_format

    target, chosen = choose_table_format(output, file_format, spreadsheet_safe=spreadsheet_safe)
    case = load(source, reading, units, subjects=subject, markers=marker, alone=not worst)
    command.write_grades(
        command.grade(case, ctcae, baseline_before, rules if worst else None), chosen, target
    )


@app.command(
    epilog=_examples(
        "hlhcli verify",
        "hlhcli verify --ranges girl-14",
        "hlhcli verify claims.csv labs.csv --interventions drugs.csv",
        "hlhcli verify claims.csv labs.csv --given anakinra=2004-11-29 --strict -o verdicts.csv",
    )
)
@options.with_groups
def verify(
    *,
    claims: options.ClaimsFile = None,
    source: Source,
    baseline: options.BaselineRule = "last",
    rules: WindowRules,
    reading: ReadingOptions,
    units: Units,
    strict: options.Strict = False,
    file_format: options.OutputFormat = None,
    output: options.Output = None,
    spreadsheet_safe: options.SpreadsheetSafe = False,
) -> None:
    """Numbers that a manuscript states, recomputed: agrees, disagrees, or cannot be told.

    A number agrees where the data round to its printed digits. Ends with exit code 1 where one
    disagrees, so that it can stand in the build of a paper.
    """
    from hlhcli.commands import verify as command
    from hlhcli.commands.case import load
    from hlhcli.commands.targets import choose_table_format

    target, chosen = choose_table_format(output, file_format, spreadsheet_safe=spreadsheet_safe)
    case = load(source, reading, units, alone=True)
    result = command.verify(claims, case, rules, baseline, reading)
    command.write_verdicts(result, chosen, target, describe=(baseline, rules), strict=strict)


@app.command(
    epilog=_examples(
        "hlhcli cohort labs.csv --interventions drugs.csv --marker ferritin",
        "hlhcli cohort labs.csv --interventions drugs.csv --at last --mask-below 5 -o table.tex",
        "hlhcli summarize labs.csv --interventions drugs.csv | hlhcli cohort --changes -",
        "hlhcli cohort labs.csv --interventions drugs.csv --marker ferritin --intervention anakinra "
        "--figure ferritin.pdf",
    )
)
@options.with_groups
def cohort(
    *,
    source: Source,
    changes: options.ChangesFile = None,
    marker: options.Markers = None,
    intervention: options.OnlyInterventions = None,
    subject: options.Subjects = None,
    at: options.Points = None,
    courses: options.CoursesThatCount = "first",
    baseline: options.BaselineRule = "last",
    rules: WindowRules,
    reading: ReadingOptions,
    units: Units,
    variation: options.OwnVariation = None,
    mask_below: options.MaskBelow = None,
    figure: options.CohortFigure = None,
    file_format: options.OutputFormat = None,
    output: options.Output = None,
) -> None:
    """What the changes of several subjects have in common, for each intervention and marker.

    How many can be evaluated and why the others cannot, medians and quartiles, how many got better
    and how many changed beyond the reference change limits. It describes; it tests nothing.
    """
    from hlhcli.commands import cohort as command
    from hlhcli.commands.targets import choose_table_format
    from hlhcli.progress import stage

    target, chosen = choose_table_format(output, file_format)
    choice = command.Choice(marker or (), intervention or (), subject or (), at or (), courses, mask_below)
    rule = command.Rule(baseline, rules, variation)
    command.require_use(changes, source, reading, units, rule)
    if changes is not None:
        with stage(f"reading {changes}"):
            answers, words = command.of_file(changes, choice, figure), ""
    else:
        case = command.load_case(source, reading, units, choice)
        with stage("computing changes"):
            answers, words = command.of_case(case, choice, rule), rule.words()
        if figure is not None:
            command.draw(case, choice, rule, figure)
    command.write_answers(answers, chosen, target, words=words, below=mask_below)


@app.command(
    epilog=_examples(
        "hlhcli convert labs.xlsx --sheet Labs -o labs.csv",
        "hlhcli convert record.json --drug anakinra --to xlsx -o record.xlsx",
        "hlhcli convert labs.csv --interventions drugs.csv --to omop -o omop/",
    )
)
@options.with_groups
def convert(
    *,
    source: Source,
    to: options.To = None,
    marker: options.Markers = None,
    subject: options.Subjects = None,
    reading: ReadingOptions,
    drop: options.Drop = None,
    utc_offset: options.UtcOffset = None,
    output: options.ConvertOutput = None,
    spreadsheet_safe: options.SpreadsheetSafe = False,
) -> None:
    """The same labs and interventions in another format.

    Every value, limit, unit, time and reference range is kept; what a format cannot hold is
    refused by name. The interventions go into the same file, or beside it where a format has
    one table to a file.
    """
    from hlhcli.commands import convert as command
    from hlhcli.commands.case import load

    target = command.choose_target(to, output)
    case = load(source, reading, subjects=subject, markers=marker, alone=True)
    command.convert(case, target, output, drop or [], utc_offset, spreadsheet_safe=spreadsheet_safe)
