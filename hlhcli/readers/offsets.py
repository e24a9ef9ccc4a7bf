"""Offsets from UTC: dropped where a patient has one clock, refused where there are several.

The labs and the interventions are two files, and two clocks where their offsets differ: the
labs' series carries its offsets in ``attrs``, and the interventions are held against them.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

import pandas as pd

from hlhcli.errors import HlhcliError, bullet_list
from hlhcli.readers.dates import count_offsets
from hlhcli.readers.delimited import Table
from hlhcli.readers.notes import note
from hlhcli.times import DAY, MISSING, instants, is_calendar

CARRIED = "offsets from UTC"
"""The key in ``attrs`` of a series under which its offsets travel."""


def drop_offsets(table: Table, names: Sequence[str], others: Sequence[tuple[str, str]] = ()) -> Table:
    """The table with offsets from UTC dropped: times as the clock on the wall showed them.

    Allowed for each patient whose times (those of the columns ``names``, and the ``others``,
    by subject) all have one offset, or two that differ as daylight saving time does. Raises
    `HlhcliError` for any other mixture.
    """
    places = [table.header.index(name) for name in names]
    subjects = table.columns[table.header.index("subject")]
    pairs = [pair for place in places for pair in zip(subjects, table.columns[place], strict=True)]
    clocks = _by_subject([*pairs, *others])
    _refuse_mixed(table, places, {subject for subject, stamps in clocks.items() if not _is_one_clock(stamps)})
    if any(len({stamp.utcoffset() for stamp in stamps}) == 2 for stamps in clocks.values()):
        note(f"{table.name}: the offset from UTC changes with the season (daylight saving time); dropped")
    columns = list(table.columns)
    offsets = tuple(count_offsets([cell for place in places for cell in columns[place]]))
    for place in places:
        columns[place] = [_without_offset(cell) for cell in columns[place]]
    return table._replace(columns=columns, offsets=offsets)


def require_one_clock(
    name: str, offsets: Sequence[str], times: Sequence[pd.Series], series: pd.DataFrame
) -> None:
    """Hold the offsets of interventions against those of the labs' ``series``.

    Raises `HlhcliError` where both have offsets and they are not one place's; summer and winter
    of one place are noted, and so are clock times that have an offset in only one of the files.
    Dates without a clock agree with everything.
    """
    of_labs = series.attrs.get(CARRIED, ())
    if not any(map(_has_clock, times)) or not _has_clock(series["time"]):
        return
    labs, own = ({_offset(text) for text in texts} for texts in (of_labs, offsets))
    said = f"the labs' clock times have {_words(of_labs)}, and these have {_words(offsets)}"
    if bool(labs) != bool(own):
        note(f"{name}: {said}; both are read as the clock on one wall")
    elif not (labs <= own or own <= labs):
        if "Z" in (*of_labs, *offsets) or not _are_seasons(labs | own):
            raise HlhcliError(f"{name}: {said}; bring both files to one")
        note(f"{name}: {said}: read as summer and winter of one place")


def _has_clock(times: pd.Series) -> bool:
    moments = instants(times)
    return is_calendar(times) and bool(((moments != MISSING) & (moments % DAY != 0)).any())


def _words(offsets: Sequence[str]) -> str:
    if not offsets:
        return "no offset"
    return f"the offset{'s' if len(offsets) > 1 else ''} {' and '.join(offsets)}"


def _offset(text: str) -> timedelta:
    return datetime.fromisoformat(f"2000-01-01T00:00{text}").utcoffset() or timedelta()


def _are_seasons(offsets: Collection[timedelta]) -> bool:
    """True for two offsets an hour apart."""
    return len(offsets) == 2 and max(offsets) - min(offsets) == timedelta(hours=1)


def _by_subject(pairs: Sequence[tuple[str, str]]) -> dict[str, list[datetime]]:
    stamps: dict[str, list[datetime]] = {}
    for subject, cell in pairs:
        if (stamp := _stamp(cell)) is not None:
            stamps.setdefault(subject, []).append(stamp)
    return stamps


def _stamp(cell: str) -> datetime | None:
    """A date-time; None for a date alone, and for what the parser of cells will refuse."""
    try:
        return datetime.fromisoformat(cell) if "T" in cell else None
    except ValueError:
        return None


def _without_offset(cell: str) -> str:
    stamp = _stamp(cell)
    return cell if stamp is None else stamp.replace(tzinfo=None).isoformat()


def _is_one_clock(stamps: Sequence[datetime]) -> bool:
    offsets = {stamp.utcoffset() for stamp in stamps}
    if len(offsets) == 1:
        return True
    if len(offsets) > 2 or None in offsets:
        return False
    first, second = (offset for offset in offsets if offset is not None)
    return abs(first - second) == timedelta(hours=1) and _is_seasonal(stamps)


def _is_seasonal(stamps: Sequence[datetime]) -> bool:
    """True where May to September has one offset and December to February the other at most."""
    summer = {stamp.utcoffset() for stamp in stamps if 5 <= stamp.month <= 9}
    winter = {stamp.utcoffset() for stamp in stamps if stamp.month in (12, 1, 2)}
    return len(summer) <= 1 and len(winter) <= 1 and not summer & winter


def _refuse_mixed(table: Table, places: Sequence[int], mixed: set[str]) -> None:
    subjects = table.columns[table.header.index("subject")]
    lines = [
        f"{table.place} {line}: {subject}: {table.columns[place][row]}"
        for row, (line, subject) in enumerate(zip(table.lines, subjects, strict=True))
        for place in places
        if subject in mixed and _stamp(table.columns[place][row]) is not None
    ]
    if lines:
        raise HlhcliError(
            f"{table.name}: times of one patient are in several time zones, or only some of them name one; "
            f"bring them to one\n{bullet_list(lines)}"
        )
