"""Claims against the data: agrees, disagrees, or cannot be told, each with its reason."""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from hlhcli.claims.places import Ground
from hlhcli.claims.recompute import Found, recompute
from hlhcli.claims.stated import Stated
from hlhcli.claims.table import SAYS, SIZED, Claim
from hlhcli.measures import rounded
from hlhcli.times import day_of, format_times, from_instants

AGREES, DISAGREES, UNKNOWN = "agrees", "disagrees", "cannot be told"
VERDICTS = (AGREES, DISAGREES, UNKNOWN)

VERIFIED = (
    "line",  # of the table of claims
    "claim",
    "subject",
    "marker",
    "intervention",
    "measure",
    "at",
    "stated",
    "verdict",
    "found",  # in full precision, or a word; empty where the data allow more than one
    "unit",
    "found_low",  # over limits and placements; missing where open
    "found_high",
    "accepted_low",  # what the printed digits stand for; missing where open
    "accepted_high",
    "reason",
    "cells",
    "source",
)
"""One row per claim."""


NUMBERS = ("found_low", "found_high", "accepted_low", "accepted_high")


def verify(claims: Sequence[Claim], ground: Ground) -> pd.DataFrame:
    """Each claim with its verdict: the columns of `VERIFIED`, in the order of the claims.

    A claim agrees where all that the data allow is among what its printed digits stand for, and
    disagrees where nothing of it is. Anything between cannot be told.
    """
    rows = [_row(claim, recompute(claim, ground), ground) for claim in claims]
    table = pd.DataFrame(rows, columns=list(VERIFIED))
    texts = [name for name in VERIFIED if name not in ("line", *NUMBERS)]
    return table.astype(dict.fromkeys(texts, "str") | dict.fromkeys(NUMBERS, "float64"))


def _row(claim: Claim, found: Found, ground: Ground) -> dict[str, object]:
    verdict, reason = judge_claim(claim, found)
    accepted = _accepted(claim)
    is_time = claim.measure == "time"
    return {
        "line": claim.line,
        "claim": claim.claim,
        "subject": claim.subject,
        "marker": claim.marker,
        "intervention": claim.intervention,
        "measure": claim.measure,
        "at": claim.at_text,
        "stated": claim.stated_text,
        "verdict": verdict,
        "found": _found_text(claim, found, ground),
        "unit": found.unit,
        "found_low": math.nan if is_time else _finite(found.low),
        "found_high": math.nan if is_time else _finite(found.high),
        "accepted_low": _finite(accepted.low) if accepted else math.nan,
        "accepted_high": _finite(accepted.high) if accepted else math.nan,
        "reason": reason,
        "cells": found.cells,
        "source": claim.source,
    }


def judge_claim(claim: Claim, found: Found) -> tuple[str, str]:
    """The verdict on a claim and its reason."""
    if found.missing:
        return UNKNOWN, found.missing
    holds = _holds(claim, found)
    if holds is None or (holds and found.sometimes):
        return UNKNOWN, f"{found.open}{_span(found)}"
    if holds:
        return AGREES, f"the same in all {found.open}" if "placements" in found.open else ""
    return DISAGREES, _why_not(claim, found)


def _holds(claim: Claim, found: Found) -> bool | None:
    if claim.measure in SAYS:
        return found.word == claim.stated if found.word else None
    if not math.isfinite(found.low) and not math.isfinite(found.high):
        return None
    if claim.measure == "time" and isinstance(claim.stated, int):
        return claim.stated in (int(found.number), int(day_of(np.array([int(found.number)]))[0]))
    accepted = _accepted(claim)
    low, high = rounded(np.array([found.low, found.high])).tolist()
    if claim.measure == "day" and accepted and accepted.is_whole:
        low, high = math.floor(low), math.floor(high)  # day 7 lasts until day 8 begins
    if accepted and found.limited:
        accepted = replace(accepted, strict=False)  # >40000 is among the numbers above 40000
    return accepted.holds(low, high) if accepted else None


def _accepted(claim: Claim) -> Stated | None:
    if not isinstance(claim.stated, Stated):
        return None
    return claim.stated.of_change(ratio=claim.measure == "fold_change")


def _why_not(claim: Claim, found: Found) -> str:
    accepted = _accepted(claim)
    if accepted is None:
        return ""
    hint = _hint(claim, found)
    return f"{claim.stated_text} stands for {_interval(accepted)}{'; ' + hint if hint else ''}"


def _hint(claim: Claim, found: Found) -> str:
    """What the author may have meant, where the number agrees in the other direction."""
    stated, ratio = claim.stated, claim.measure == "fold_change"
    if claim.measure not in SIZED or not isinstance(stated, Stated) or stated.way or stated.low <= 0:
        return ""
    fell = replace(stated, way="fell").of_change(ratio=ratio)
    if fell.low <= fell.high and fell.holds(*rounded(np.array([found.low, found.high])).tolist()):
        return f"for a fall write: fell {claim.stated_text}"
    return ""


def _interval(stated: Stated) -> str:
    low, high = stated.low, stated.high
    if math.isinf(high):
        return f"{'more than' if stated.strict else 'at least'} {low:.6g}"
    if math.isinf(low):
        return f"{'less than' if stated.strict else 'at most'} {high:.6g}"
    return f"{low:.6g} to {high:.6g}"


def _span(found: Found) -> str:
    """What the data allow, where that is more than one number."""
    if found.low == found.high or not (math.isfinite(found.low) or math.isfinite(found.high)):
        return ""
    return f": {_interval(Stated(found.low, found.high))}"


def _found_text(claim: Claim, found: Found, ground: Ground) -> str:
    """The one number or word that the data give, in full precision; empty where there is not one."""
    if claim.measure in SAYS or found.low != found.high or found.sometimes:
        return "" if found.sometimes else found.word
    if claim.measure == "time":
        return format_times(pd.Series(from_instants(np.array([int(found.low)]), ground.series["time"])))[0]
    return "" if math.isnan(found.low) else repr(found.low + 0.0).removesuffix(".0")


def _finite(number: float) -> float:
    return number if math.isfinite(number) else math.nan
