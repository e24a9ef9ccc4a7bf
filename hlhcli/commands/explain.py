"""One change in words: what was compared, how sure it is, and what else was going on."""

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

import hlhcli
from hlhcli.analysis import Analysis
from hlhcli.builtin import TABLE1
from hlhcli.commands.case import Case
from hlhcli.commands.evidence import Context
from hlhcli.commands.summarize import analyze_case
from hlhcli.errors import HlhcliError
from hlhcli.evidence import overlap
from hlhcli.output import write
from hlhcli.renderers.explanation import Surroundings, explain
from hlhcli.renderers.sentences import rows, time_texts
from hlhcli.request import WindowRules
from hlhcli.times import format_times, instants
from hlhcli.windows import in_order, windows
from hlhcli.wording import describe_rules


def explain_change(
    case: Case,
    context: Context,
    rules: WindowRules,
    *,
    labs: str | None,
    intervention: str,
    at: str,
    baseline: str,
) -> None:
    """Print the explanation of the one change that the options choose."""
    analysis = Analysis([at], baseline, rules, interventions=[intervention], details=True)
    weighed = _only(analyze_case(case, context, analysis))
    around = _surroundings(case, context, rules, weighed, labs, baseline)
    (row,) = rows(weighed)
    encoding = (sys.stdout.encoding or "").lower()
    write(explain(row, around, width=_width(), unicode=encoding.startswith("utf")), None)


def _only(result: pd.DataFrame) -> pd.DataFrame:
    if len(result) == 1:
        return result
    if result.empty:
        raise HlhcliError("nothing to explain: this subject has no value of this marker")
    for column in ("subject", "marker", "intervention", "start"):
        found = result[column]
        texts = format_times(found) if column == "start" else found.tolist()
        several = list(dict.fromkeys(texts))
        if len(several) > 1:
            option = "" if column == "start" else f"; choose one with --{column}"
            raise HlhcliError(
                f"one change is explained at a time, and here is more than one {column}: "
                f"{', '.join(several[:10])}{option}"
            )
    raise HlhcliError("one change is explained at a time; --at each gives several")


def _surroundings(
    case: Case,
    context: Context,
    rules: WindowRules,
    weighed: pd.DataFrame,
    labs: str | None,
    baseline: str,
) -> Surroundings:
    file = labs or TABLE1.name
    top = weighed.iloc[0]
    found = _companions(case, rules, top, instants(weighed["time"]).item())
    return Surroundings(
        rules=describe_rules(baseline=baseline, **rules),
        cells=f"{Path(file).name}, {_cells(case.series, top)}",
        active=[one.words() for one in found if one.active],
        earlier=[one.words() for one in found if not one.active],
        remarks=list(_remarks(case.interventions, [top["intervention"], *(one.name for one in found)])),
        events=list(_events(context.events, weighed)),
        version=hlhcli.__version__,
    )


def _companions(case: Case, rules: WindowRules, top: pd.Series, time: int) -> list[overlap.Companion]:
    """What else was given before the response and in its window."""
    treated = in_order(case.interventions)
    spans = windows(case.series, treated, **rules)
    key = ["subject", "intervention", "start"]
    window = (spans[key] == top[key]).all(axis=1).to_numpy().argmax()
    return overlap.companions(spans, instants(treated["stop"]), int(window), time)


def _cells(series: pd.DataFrame, change: pd.Series) -> str:
    """The lines that the two numbers stand in: ``line 38 (baseline) and line 39 (response)``."""
    same = series[(series["subject"] == change["subject"]) & (series["marker"] == change["marker"])]
    ends = (("baseline", "baseline", "baseline_time"), ("response", "value", "time"))
    found = [
        (word, same.loc[(same["time"] == change[time]) & (same["value"] == change[value]), "row"].tolist())
        for word, value, time in ends
    ]
    return " and ".join(
        f"line {', '.join(map(str, lines))} ({word})" if lines else f"no single line ({word})"
        for word, lines in found
    )


def _remarks(interventions: pd.DataFrame, names: list[str]) -> Iterator[str]:
    """The notes that the table of interventions has about these."""
    noted = interventions[interventions["intervention"].isin(names) & (interventions["note"] != "")]
    for name, note in noted[["intervention", "note"]].drop_duplicates().itertuples(index=False):
        yield f"Noted with {name}: {note}"


def _events(events: pd.DataFrame, weighed: pd.DataFrame) -> Iterator[str]:
    """The events of the subject up to the response, with their times."""
    top = weighed.iloc[0]
    own = events[events["subject"] == top["subject"]]
    if not pd.isna(top["time"]):
        own = own[own["start"] <= top["time"]]
    for name, time in zip(own["event"], time_texts(own["start"]), strict=True):
        yield f"{name} ({time})"


def _width() -> int | None:
    if sys.stdout.isatty():
        return shutil.get_terminal_size().columns
    columns = os.environ.get("COLUMNS", "")
    return int(columns) if columns.isdecimal() else None
