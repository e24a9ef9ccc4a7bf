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
                typer.echo(f"hlhcli: error: {error}", err=True)
                raise typer.Exit(1) from None


def _show_note(message: Warning | str, *_: Any, **__: Any) -> None:  # noqa: ANN401 - as warnings calls it
    typer.echo(f"hlhcli: note: {message}", err=True)


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
def summarize(
    labs: options.Labs = None,
    interventions: options.Interventions = None,
    marker: options.Markers = None,
    intervention: options.OnlyInterventions = None,
    subject: options.Subjects = None,
    at: options.Points = None,
    baseline: options.BaselineRule = "last",
    same_day: options.SameDayRule = "before",
    before: options.Before = None,
    after: options.After = None,
    until: options.UntilRule = "next",
    column: options.Columns = None,
    dates: options.Dates = None,
    input_format: options.From = None,
    sheet: options.Sheet = None,
    drug: options.Drugs = None,
    course_gap: options.CourseGap = None,
    file_format: options.OutputFormat = None,
    schema: options.OutputSchema = "plain",
    datapackage: options.DataPackage = False,
    output: options.Output = None,
) -> None:
    """Changes of each marker around each intervention.

    One row per subject, marker, intervention and response point. On a terminal a table; into a
    pipe or a file CSV in full precision.
    """
    from hlhcli.commands import summarize as command
    from hlhcli.commands.case import FormatOptions, load
    from hlhcli.commands.targets import choose_table_format
    from hlhcli.progress import stage

    target, chosen = choose_table_format(output, file_format)
    if schema == "adam" and chosen in ("table", "markdown", "latex"):
        raise HlhcliError(
            f"--schema adam renames columns and cannot be printed as {chosen}; add --format csv"
        )
    formats = FormatOptions(input_format, sheet, tuple(drug or ()))
    if datapackage and (target is None or chosen != "csv" or schema != "plain"):
        raise HlhcliError("--datapackage describes a plain CSV file; write one: -o changes.csv")
    case = load(
        labs,
        interventions,
        column or [],
        dates,
        formats=formats,
        course_gap=course_gap,
        subjects=subject or [],
        markers=marker or [],
    )
    rules = command.WindowRules(before=before, after=after, until=until, same_day=same_day)
    with stage("computing changes"):
        result = command.summarize(case, intervention or [], at or [], baseline, rules)
    with stage("writing"):
        command.write_changes(case, result, rules, baseline, chosen, schema, target)
        if datapackage and target is not None:
            command.write_datapackage(result, target)


@app.command(
    epilog=_examples(
        "hlhcli plot --marker d-dimer",
        "hlhcli plot --marker d-dimer --relative-to anakinra --width 85mm -o figure1.pdf",
        "hlhcli plot --marker hb --format svg -o - > hb.svg",
    )
)
def plot(
    labs: options.Labs = None,
    interventions: options.Interventions = None,
    marker: options.Markers = None,
    subject: options.Subjects = None,
    relative_to: options.RelativeTo = None,
    log: options.LogScale = None,
    continuous: options.Continuous = False,
    width: options.Width = "120mm",
    column: options.Columns = None,
    dates: options.Dates = None,
    input_format: options.From = None,
    sheet: options.Sheet = None,
    drug: options.Drugs = None,
    course_gap: options.CourseGap = None,
    file_format: options.FigureFileFormat = None,
    output: options.FigureOutput = None,
) -> None:
    """The course of one or more markers with the interventions, as a figure for a paper.

    Without --marker: all markers as small panels on one time axis.
    """
    from hlhcli.commands import plot as command
    from hlhcli.commands.case import FormatOptions, load
    from hlhcli.commands.targets import choose_figure_format

    formats = FormatOptions(input_format, sheet, tuple(drug or ()))
    case = load(
        labs,
        interventions,
        column or [],
        dates,
        formats=formats,
        course_gap=course_gap,
        subjects=subject or [],
        markers=marker or [],
    )
    target, chosen = choose_figure_format(output, file_format, command.file_stem(case.series))
    command.plot(
        case,
        relative_to=relative_to,
        log=log,
        continuous=continuous,
        width=width,
        file_format=chosen,
        target=target,
    )


@app.command(
    epilog=_examples(
        "hlhcli convert labs.xlsx --sheet Labs -o labs.csv",
        "hlhcli convert record.json --drug anakinra --to xlsx -o record.xlsx",
        "hlhcli convert labs.csv --interventions drugs.csv --to omop -o omop/",
    )
)
def convert(
    labs: options.Labs = None,
    interventions: options.Interventions = None,
    to: options.To = None,
    marker: options.Markers = None,
    subject: options.Subjects = None,
    column: options.Columns = None,
    dates: options.Dates = None,
    input_format: options.From = None,
    sheet: options.Sheet = None,
    drug: options.Drugs = None,
    course_gap: options.CourseGap = None,
    drop: options.Drop = None,
    utc_offset: options.UtcOffset = None,
    output: options.ConvertOutput = None,
) -> None:
    """The same labs and interventions in another format.

    Every value, limit, unit, time and reference range is kept; what a format cannot hold is
    refused by name. The interventions go into the same file, or beside it where a format has
    one table to a file.
    """
    from hlhcli.commands import convert as command
    from hlhcli.commands.case import FormatOptions, load_for_conversion

    target = command.choose_target(to, output)
    case = load_for_conversion(
        labs,
        interventions,
        column or [],
        dates,
        formats=FormatOptions(input_format, sheet, tuple(drug or ())),
        course_gap=course_gap,
        subjects=subject or [],
        markers=marker or [],
    )
    command.convert(case, target, output, drop or [], utc_offset)
