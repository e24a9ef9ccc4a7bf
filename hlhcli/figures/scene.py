"""What a figure shows, read from the frames once: courses, starts and the kind of time."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from hlhcli.errors import HlhcliError, nearest
from hlhcli.times import DAY, MISSING, instants, is_calendar

Floats = npt.NDArray[np.float64]
Texts = npt.NDArray[np.object_]


@dataclass(frozen=True)
class Course:
    """One marker's values over time, in order of time and then of value; none is missing."""

    marker: str
    unit: str
    times: Floats  # days
    values: Floats
    bounds: Texts
    inferred: npt.NDArray[np.bool_]
    reference_low: Floats  # NaN where not known
    reference_high: Floats
    disturbed: npt.NDArray[np.bool_]  # by an event such as a transfusion

    @property
    def title(self) -> str:
        """The marker with its unit, if it has one."""
        return f"{self.marker} ({self.unit})" if self.unit else self.marker


@dataclass(frozen=True)
class Intervention:
    """An intervention in days; ``stop`` is NaN where it is not known or not later."""

    name: str
    start: float
    stop: float
    dose: str = ""  # and route, where they are known
    momentary: bool = False  # it is known to have no duration: its stop is its start


@dataclass(frozen=True)
class Scene:
    """All that one figure shows. Times are days from 1970-01-01, from day 0, or from ``relative_to``."""

    courses: tuple[Course, ...]
    interventions: tuple[Intervention, ...]
    calendar: bool
    relative_to: str | None
    events: tuple[Intervention, ...] = ()  # without a dose, and no treatments

    @property
    def times(self) -> Floats:
        """Every time that something happens at."""
        happenings = (*self.interventions, *self.events)
        starts_and_stops = [time for one in happenings for time in (one.start, one.stop)]
        times = np.concatenate([*(course.times for course in self.courses), starts_and_stops])
        return np.asarray(np.unique(times[np.isfinite(times)]))


def read_scene(
    series: pd.DataFrame,
    interventions: pd.DataFrame,
    *,
    events: pd.DataFrame | None = None,
    markers: Sequence[str] | None = None,
    relative_to: str | None = None,
) -> Scene:
    """Take one subject's frames apart into courses, interventions and events.

    A marker without any number is left out, unless ``markers`` asks for it by name.

    Raises:
        HlhcliError: several subjects, an unknown name, nothing to draw, or labs in dates and
            interventions in day numbers.

    """
    happenings = interventions if events is None else _as_interventions(events)
    for frame in (interventions, happenings):
        _require_one_subject(series, frame)
        _require_one_kind_of_time(series, frame)
    found = read_interventions(interventions)
    origin = _origin(found, relative_to)
    courses = [_read_course(series, marker, origin) for marker in _markers(series, markers)]
    return Scene(
        tuple(courses),
        _moved(found, origin),
        calendar=is_calendar(series["time"]) and relative_to is None,
        relative_to=relative_to,
        events=() if events is None else _moved(read_interventions(happenings), origin),
    )


def _as_interventions(events: pd.DataFrame) -> pd.DataFrame:
    """Events in the form of interventions; one without a stop has no duration."""
    named = events.rename(columns={"event": "intervention"})
    return named.assign(stop=named["stop"].fillna(named["start"]), dose="", route="")


def _moved(found: Sequence[Intervention], origin: float) -> tuple[Intervention, ...]:
    return tuple(replace(one, start=one.start - origin, stop=one.stop - origin) for one in found)


def days(times: pd.Series) -> Floats:
    """Days as floats, from 1970-01-01 for dates and from day 0 for day numbers; NaN for no time."""
    moments = instants(times)
    return np.where(moments == MISSING, np.nan, moments / DAY)


def measured(series: pd.DataFrame) -> pd.DataFrame:
    """Keep the rows that can be drawn: those with a time and a number."""
    return series[series["time"].notna() & np.isfinite(series["value"].astype(float))]


def _markers(series: pd.DataFrame, markers: Sequence[str] | None) -> list[str]:
    known = list(dict.fromkeys(series["marker"]))
    drawable = list(dict.fromkeys(measured(series)["marker"]))
    if not drawable:
        raise HlhcliError("nothing to draw: no row of the labs has both a time and a number")
    for marker in markers or ():
        if marker not in known:
            raise HlhcliError(f"no marker '{marker}' to draw; {nearest(marker, known)}")
        if marker not in drawable:
            raise HlhcliError(f"nothing to draw for '{marker}': no row has both a time and a number")
    return drawable if markers is None else list(dict.fromkeys(markers))


def _read_course(series: pd.DataFrame, marker: str, origin: float) -> Course:
    rows = measured(series[series["marker"] == marker]).sort_values(["time", "value"], kind="stable")
    units = [unit for unit in rows["unit"] if unit]
    return Course(
        marker,
        units[0] if units else "",
        days(rows["time"]) - origin,
        rows["value"].to_numpy(dtype=float),
        rows["bound"].to_numpy(dtype=object),
        (rows["placement"] == "inferred").to_numpy(dtype=bool),
        rows["reference_low"].to_numpy(dtype=float),
        rows["reference_high"].to_numpy(dtype=float),
        rows.get("disturbed", rows["value"].isna()).to_numpy(dtype=bool),
    )


def read_interventions(interventions: pd.DataFrame) -> list[Intervention]:
    """Interventions with a start, in order of time; the same start and name once, to its last stop."""
    known = interventions[interventions["start"].notna()]
    if known.empty:
        return []
    starts, stops = days(known["start"]), days(known["stop"].astype(known["start"].dtype))
    table = pd.DataFrame(
        {
            "start": starts,
            "name": known["intervention"].to_numpy(dtype=object),
            "stop": np.where(stops > starts, stops, np.nan),
            "dose": [*map(_amount, known["dose"], known["route"])],
            "momentary": stops <= starts,
        }
    )
    groups = table.groupby(["start", "name"], sort=False)
    columns = [groups["stop"].max(), groups["dose"].agg(_joined), groups["momentary"].all()]
    once = pd.concat(columns, axis=1).reset_index()
    ordered = once.sort_values("start", kind="stable")
    rows = zip(
        *(ordered[name].tolist() for name in ("name", "start", "stop", "dose", "momentary")), strict=True
    )
    return [Intervention(*row) for row in rows]


def _amount(dose: str, route: str) -> str:
    """Dose and route, where they are known; the route once."""
    told = re.search(rf"(?<!\w){re.escape(route)}(?!\w)", dose, re.IGNORECASE)
    return dose if told else ", ".join(filter(None, (dose, route)))


def _joined(doses: pd.Series) -> str:
    """The different doses of one start, in the order of the file."""
    return "; ".join(dict.fromkeys(dose for dose in doses if dose))


def _origin(found: Sequence[Intervention], relative_to: str | None) -> float:
    if relative_to is None:
        return 0.0
    for one in found:
        if one.name == relative_to:
            return one.start
    hint = nearest(relative_to, (one.name for one in found)) if found else "there are no interventions"
    raise HlhcliError(f"no start of '{relative_to}' to count days from; {hint}")


def _require_one_subject(series: pd.DataFrame, interventions: pd.DataFrame) -> None:
    subjects = list(dict.fromkeys([*series["subject"], *interventions["subject"]]))
    if len(subjects) > 1:
        named = ", ".join(f"'{subject}'" for subject in subjects[:10])
        more = f", … ({len(subjects)} in all)" if len(subjects) > 10 else ""
        raise HlhcliError(f"a figure shows one subject, and here are {named}{more}: choose one")


def _require_one_kind_of_time(series: pd.DataFrame, interventions: pd.DataFrame) -> None:
    starts = interventions["start"]
    if starts.isna().all() or is_calendar(series["time"]) == is_calendar(starts):
        return
    labs, others = ("dates" if is_calendar(times) else "day numbers" for times in (series["time"], starts))
    raise HlhcliError(f"the labs are in {labs} and the interventions in {others}: give both in one kind")
