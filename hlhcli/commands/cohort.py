"""What the changes of several subjects have in common, from labs or from a file of changes."""

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from hlhcli import renderers, selection
from hlhcli.analysis import Analysis
from hlhcli.cohort import READ, READ_IF_THERE, describe_cohort, mask_small
from hlhcli.commands.case import Case, load
from hlhcli.commands.summarize import analyze_case
from hlhcli.commands.terminal import abilities
from hlhcli.errors import HlhcliError
from hlhcli.evidence import Background
from hlhcli.frames import DEFAULT_POINTS
from hlhcli.output import write
from hlhcli.readers.changes import are_changes, read_changes
from hlhcli.readers.context import read_variation
from hlhcli.reading import DEFAULT, ReadingOptions
from hlhcli.request import AS_GIVEN, Source, Units, WindowRules
from hlhcli.wording import describe_rules

DATA_FORMATS = ("csv", "tsv", "json", "jsonl")


@dataclass(frozen=True)
class Choice:
    """Which changes are asked about (empty for all), what counts as one, and what is hidden."""

    markers: Sequence[str] = ()
    interventions: Sequence[str] = ()
    subjects: Sequence[str] = ()
    at: Sequence[str] = ()
    courses: str = "first"
    below: int | None = None


@dataclass(frozen=True)
class Rule:
    """How changes are computed from labs."""

    baseline: str
    window: WindowRules
    variation: str | None = None

    def words(self) -> str:
        """The rules in two sentences."""
        return describe_rules(baseline=self.baseline, **self.window)


BY_DEFAULT = Rule("last", WindowRules(before=None, after=None, until="next", same_day="before"))


def require_use(
    changes: str | None, source: Source, reading: ReadingOptions, units: Units, rule: Rule
) -> None:
    """Raise for options about labs beside a file of changes, which are computed already."""
    if changes is None:
        return
    if source != Source():
        raise HlhcliError("--changes stands in place of labs and interventions: give one or the other")
    if reading != DEFAULT or units != AS_GIVEN or rule != BY_DEFAULT:
        raise HlhcliError(
            "the changes are computed already: give the options about columns, units, windows, baseline and "
            "variation to summarize, which wrote them"
        )


def load_case(source: Source, reading: ReadingOptions, units: Units, choice: Choice) -> Case:
    """The labs and interventions of the subjects and markers that are asked about."""
    if "each" in choice.at:
        raise HlhcliError(
            "--at each has several values of one subject; choose first, nadir, peak, last, mean or median"
        )
    if source.labs and not source.interventions and are_changes(Path(source.labs), READ):
        raise HlhcliError(f"{source.labs}: has changes, as summarize writes them; give it with --changes")
    return load(source, reading, units, subjects=choice.subjects, markers=choice.markers)


def of_case(case: Case, choice: Choice, rule: Rule) -> pd.DataFrame:
    """The answers for labs and interventions; everyone who had an intervention is counted."""
    given = read_variation(rule.variation) if rule.variation else {}
    analysis = Analysis(
        choice.at or DEFAULT_POINTS,
        rule.baseline,
        rule.window,
        interventions=choice.interventions,
        background=Background(given),
    )
    return describe_cohort(analyze_case(case, None, analysis), courses=choice.courses, roster=case.roster)


def of_file(source: str, choice: Choice, figure: str | None) -> pd.DataFrame:
    """The answers for a file of changes; the subjects that it names are counted."""
    if figure is not None:
        raise HlhcliError("--figure draws values, and changes have none: give labs and interventions")
    found = read_changes(source, READ, READ_IF_THERE)
    if choice.subjects:
        found = found[found["subject"].isin(selection.find_subjects(found, choice.subjects))]
    if choice.interventions:
        found = found[found["intervention"].isin(selection.find_interventions(found, choice.interventions))]
    roster = found[["subject", "intervention", "start"]].drop_duplicates()
    if choice.markers:
        found = found[found["marker"].isin(selection.find_markers(found, choice.markers))]
    return describe_cohort(_at(found, choice.at), courses=choice.courses, roster=roster)


def _at(changes: pd.DataFrame, points: Sequence[str]) -> pd.DataFrame:
    present = list(map(str, changes["at"].unique()))
    missing = [str(point) for point in points if point not in present]
    if missing:
        raise HlhcliError(f"no changes at {', '.join(missing)}; the file has {', '.join(present)}")
    return changes[changes["at"].isin(list(points))] if points else changes


def draw(case: Case, choice: Choice, rule: Rule, figure: str) -> None:
    """Draw the courses of one marker by the days from the first start of one intervention."""
    from hlhcli.commands.targets import choose_figure_format
    from hlhcli.figures import draw_aligned, save_figure

    if choice.below is not None:
        raise HlhcliError("--figure shows each subject's own values, which --mask-below hides: leave one out")
    if choice.courses != "first":
        raise HlhcliError("--figure counts days from each subject's first start: leave out --courses each")
    drugs = selection.find_interventions(case.interventions, choice.interventions)
    target, file_format = choose_figure_format(figure, None, "cohort")
    if target is None:
        raise HlhcliError("--figure needs the name of a file; standard output is the table's")
    drawn = draw_aligned(
        case.series,
        case.interventions,
        marker=_the_one("marker", case.series["marker"]),
        relative_to=_the_one("intervention", drugs or case.interventions["intervention"]),
        before=rule.window["before"],
        after=rule.window["after"],
    )
    save_figure(drawn, target, file_format=file_format)
    print(f"wrote {target}", file=sys.stderr)


def _the_one(kind: str, names: Iterable[str]) -> str:
    """The only name there is, as a figure shows one."""
    found = list(dict.fromkeys(names))
    if len(found) != 1:
        raise HlhcliError(f"--figure shows one {kind}, and here are {len(found)}: add --{kind} NAME")
    return found[0]


def write_answers(
    answers: pd.DataFrame, file_format: str, target: Path | None, *, words: str, below: int | None
) -> None:
    """Mask, render and write the answers; ``words`` say by which rules the changes were computed."""
    shown = answers if below is None else mask_small(answers, below)
    if file_format in DATA_FORMATS:
        write(renderers.render(shown, file_format), target)
        return
    from hlhcli.renderers.cohort import closing, cohort_blocks, notes, paper_table

    if file_format != "table":
        table = renderers.render(paper_table(shown), file_format)
        write(table + notes(closing(shown, words, (), below), file_format), target)
        return
    from hlhcli.renderers.listing import render_blocks

    able = abilities(target)
    blocks, dropped = cohort_blocks(shown, able["width"])
    write(render_blocks(blocks, closing(shown, words, dropped, below), **able), target)
