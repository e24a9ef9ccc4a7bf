"""What a manuscript states, held against the data."""

from pathlib import Path

import pandas as pd

from hlhcli import renderers
from hlhcli.builtin import TABLE1_CLAIMS
from hlhcli.claims import AGREES, DISAGREES, Ground, read_claims
from hlhcli.claims import verify as verdicts_of
from hlhcli.commands.case import Case
from hlhcli.commands.terminal import abilities
from hlhcli.errors import HlhcliError
from hlhcli.output import write
from hlhcli.reading import ReadingOptions
from hlhcli.request import WindowRules
from hlhcli.wording import describe_rules


def verify(
    claims: str | None, case: Case, rules: WindowRules, baseline: str, reading: ReadingOptions
) -> pd.DataFrame:
    """The verdicts on a table of claims, or on those of the built-in case."""
    table = read_claims(claims or TABLE1_CLAIMS, case.series, case.interventions, reading)
    return verdicts_of(table, Ground(case.series, case.interventions, rules, baseline))


def write_verdicts(
    result: pd.DataFrame,
    file_format: str,
    target: Path | None,
    *,
    describe: tuple[str, WindowRules],
    strict: bool,
) -> None:
    """Write the verdicts; raises `HlhcliError` afterwards where a claim does not stand."""
    if file_format == "table":
        write(_render_terminal(result, target, describe), target)
    else:
        write(renderers.render(result, file_format), target)
    _require(result, strict=strict)


def _render_terminal(result: pd.DataFrame, target: Path | None, describe: tuple[str, WindowRules]) -> str:
    from hlhcli.renderers.listing import render_blocks
    from hlhcli.renderers.verification import closing, verdict_block

    baseline, rules = describe
    words = closing(result, describe_rules(baseline=baseline, **rules))
    return render_blocks([verdict_block(result)], words, **abilities(target))


def _require(result: pd.DataFrame, *, strict: bool) -> None:
    wrong = result["verdict"] != AGREES if strict else result["verdict"] == DISAGREES
    if wrong.any():
        lines = ", ".join(map(str, result.loc[wrong, "line"]))
        words = "disagree with the data or cannot be told" if strict else "disagree with the data"
        raise HlhcliError(f"{wrong.sum()} of {len(result)} claims {words}: line {lines}")
