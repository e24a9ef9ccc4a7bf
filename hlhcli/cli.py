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
    sensitivity: options.Sensitivity = False,
    same_day: options.SameDayRule = "before",
    before: options.Before = None,
    after: options.After = None,
    until: options.UntilRule = "next",
    column: options.Columns = None,
    dates: options.Dates = None,
    units: options.Units = "as-given",
    unit: options.AssumedUnits = None,
    ranges: options.Ranges = None,
    file_format: options.OutputFormat = None,
    schema: options.OutputSchema = "plain",
    output: options.Output = None,
) -> None:
    """Changes of each marker around each intervention.

    One row per subject, marker, intervention and response point. On a terminal a table; into a
    pipe or a file CSV in full precision.
    """
    from hlhcli.commands import summarize as command
    from hlhcli.commands.case import Units, load
    from hlhcli.commands.targets import choose_table_format
    from hlhcli.progress import stage

    target, chosen = choose_table_format(output, file_format)
    if schema == "adam" and chosen == "table":
        raise HlhcliError("--schema adam renames columns and cannot be printed as a table; add --format csv")
    case = load(
        labs,
        interventions,
        column or [],
        dates,
        subjects=subject or [],
        markers=marker or [],
        units=Units(units, unit or [], ranges),
    )
    rules = command.WindowRules(before=before, after=after, until=until, same_day=same_day)
    with stage("computing changes"):
        result = command.summarize(
            case, intervention or [], at or [], baseline, rules, sensitivity=sensitivity
        )
    with stage("writing"):
        command.write_changes(case, result, rules, baseline, chosen, schema, target)


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
def plot(
    labs: options.Labs = None,
    interventions: options.Interventions = None,
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
    same_day: options.SameDayRule = "before",
    before: options.Before = None,
    after: options.After = None,
    until: options.UntilRule = "next",
    relative_to: options.RelativeTo = None,
    log: options.LogScale = None,
    continuous: options.Continuous = False,
    width: options.Width = None,
    column: options.Columns = None,
    dates: options.Dates = None,
    units: options.Units = "as-given",
    unit: options.AssumedUnits = None,
    ranges: options.Ranges = None,
    file_format: options.FigureFileFormat = None,
    output: options.FigureOutput = None,
) -> None:
    """The course of one or more markers with the interventions, as a figure for a paper.

    Without --marker: all markers as small panels on one time axis. Other figures: --timeline,
    --change, --before-after, --aligned, --swimmer; and --show draws in the terminal.
    """
    from hlhcli.commands.case import Units, load
    from hlhcli.commands.kinds import choose_kind, require_use

    kind = choose_kind(
        timeline=timeline,
        change=change,
        before_after=before_after,
        aligned=aligned,
        swimmer=swimmer,
        show=show,
    )
    given = {
        "--intervention": bool(intervention),
        "--at": bool(at),
        "--baseline": baseline != "last",
        "--same-day": same_day != "before",
        "--until": until != "next",
        "--before": before is not None,
        "--after": after is not None,
        "--relative-to": relative_to is not None,
        "--continuous": continuous,
        "--log/--linear": log is not None,
        "--width": width is not None,
    }
    require_use(kind, **given)
    case = load(
        labs,
        interventions,
        column or [],
        dates,
        subjects=subject or [],
        markers=marker or [],
        units=Units(units, unit or [], ranges),
    )
    if kind == "show":
        from hlhcli.commands.show import show_courses

        show_courses(case, markers=marker or [], log=log, output=output)
        return
    from hlhcli.commands import plot as command
    from hlhcli.commands.targets import choose_figure_format

    target, chosen = choose_figure_format(output, file_format, command.file_stem(case.series, kind))
    command.plot(
        case,
        kind,
        command.Wishes(
            markers=marker or [],
            interventions=intervention or [],
            at=at or [],
            baseline=baseline,
            rules={"before": before, "after": after, "until": until, "same_day": same_day},
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
) -> None:
    """The markers that are known: names, codes, which way is better, units and conversions.

    Every direction and every conversion has its source. A search that leaves a few markers shows
    them in full.
    """
    from hlhcli.commands import markers as command
    from hlhcli.commands.targets import choose_table_format

    target, chosen = choose_table_format(output, file_format)
    command.write_markers(search, chosen, target)
