"""What a figure of changes shows, read from the `changes` frame: one intervention's rows."""

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from hlhcli.errors import HlhcliError, nearest
from hlhcli.figures.time_axis import MONTHS
from hlhcli.times import is_calendar


@dataclass(frozen=True)
class Dot:
    """One response point; every number is NaN where it is not known.

    ``limits`` are the reference change limits, as fold changes: NaN where there are none.
    ``low`` and ``high`` are the ends that the fold change may have: equal to it where nothing
    is uncertain, NaN where they are open or the frame has none. ``inferred``, and the same for
    the two values that are compared, is true only where another placement of inferred dates
    gives another number, or none.
    """

    at: str
    fold: float
    low: float
    high: float
    baseline: float
    value: float
    inferred: bool
    baseline_inferred: bool
    value_inferred: bool
    note: str
    limits: tuple[float, float] = (np.nan, np.nan)


@dataclass(frozen=True)
class Response:
    """One marker of one subject around one start."""

    subject: str
    marker: str
    unit: str
    dots: tuple[Dot, ...]
    variation: str = ""  # behind the reference change limits, with its source; empty without any


def read_responses(changes: pd.DataFrame, intervention: str) -> list[Response]:
    """The rows of an intervention, marker by marker in the frame's order.

    Of several starts in one subject the first is taken.

    Raises:
        HlhcliError: the frame has no such intervention.

    """
    rows = changes[(changes["intervention"] == intervention) & changes["start"].notna()]
    if rows.empty:
        known = nearest(intervention, changes["intervention"].unique())
        raise HlhcliError(f"no changes around '{intervention}' to draw; {known}")
    first = rows.groupby("subject", sort=False)["start"].transform("min")
    groups = rows[rows["start"] == first].groupby(["subject", "marker"], sort=False)
    return [_response(str(subject), str(marker), group) for (subject, marker), group in groups]


def start_of(changes: pd.DataFrame, intervention: str) -> str:
    """When an intervention first began, in words held together; empty where subjects differ."""
    starts = changes.loc[changes["intervention"] == intervention].groupby("subject")["start"].min().unique()
    if len(starts) != 1:
        return ""
    if is_calendar(changes["start"]):
        when = pd.Timestamp(starts[0])
        return f"{when.day}\u00a0{MONTHS[when.month - 1]}\u00a0{when.year}"
    return f"day {starts[0]:.15g}"


def require_one_subject(changes: pd.DataFrame, figure: str) -> None:
    """Raise where a figure that shows one subject is given several."""
    subjects = list(dict.fromkeys(changes["subject"]))
    if len(subjects) > 1:
        named = ", ".join(f"'{subject}'" for subject in subjects[:10])
        more = f", … ({len(subjects)} in all)" if len(subjects) > 10 else ""
        raise HlhcliError(f"{figure} shows one subject, and here are {named}{more}: choose one")


def _response(subject: str, marker: str, group: pd.DataFrame) -> Response:
    rows = group.to_dict("records")
    return Response(subject, marker, str(rows[0]["unit"]), tuple(map(_dot, rows)), _variation(rows[0]))


def _variation(row: dict[Hashable, Any]) -> str:
    """Within-subject and analytical variation in words."""
    if not row.get("cv_source"):
        return ""
    basis = ", assumed" if row["cva_basis"] == "assumed" else ""
    return f"CVi {row['cvi_percent']:g} %, CVa {row['cva_percent']:g} %{basis}; {row['cv_source']}"


def _dot(row: dict[Hashable, Any]) -> Dot:
    def number(name: str) -> float:
        return float(row.get(name, np.nan))

    return Dot(
        str(row["at"]),
        number("fold_change"),
        number("fold_change_low"),
        number("fold_change_high"),
        number("baseline"),
        number("value"),
        _inferred(row, "fold_change"),
        _inferred(row, "baseline"),
        _inferred(row, "value"),
        str(row["note"]),
        (1 + number("rcv_low_percent") / 100, 1 + number("rcv_high_percent") / 100),
    )


def _inferred(row: dict[Hashable, Any], name: str) -> bool:
    """Whether a number differs, or is lacking, in some placement of the inferred dates."""
    if not row.get("placements", 1) > 1:
        return False
    same = row["same_sign"] or 0  # None where the declared reading itself has no change
    return _differs(row, name) or bool(same < row["placements"] and not _differs(row, "fold_change"))


def _differs(row: dict[Hashable, Any], name: str) -> bool:
    low, high = (float(f"{row[f'{name}_{end}']:.12g}") for end in ("low", "high"))
    return low != high
