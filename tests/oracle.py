"""The window analysis by one standard SQL text, held against the changes of hlhcli."""

from pathlib import Path

import numpy as np
import pandas as pd

from hlhcli.changes import changes
from hlhcli.frames import INTERVENTIONS, SERIES
from hlhcli.times import parse_duration

QUERY = (Path(__file__).parent / "oracle.sql").read_text(encoding="utf-8")
KEYS = ["subject", "marker", "intervention", "start"]
COLUMNS = {
    "labs": {"subject": "text", "marker": "text", "time": "whole", "value": "number", "bound": "text"},
    "starts": {"subject": "text", "intervention": "text", "start": "whole", "stop": "whole"},
    "rules": {"until_rule": "text", "same_day": "text", "before_cap": "whole", "after_cap": "whole"},
}
MEASURES = ("first", "last", "lowest", "highest", "mean", "median")
POINTS = {{"lowest": "nadir", "highest": "peak"}.get(name, name): name for name in MEASURES}
COMPUTED = ("mean", "median")
"""Measures that are computed and equal to 1e-12; all others are selected and equal."""

NO_END = 1e90
"""Beyond it a number of the SQL means that there is no end."""

SECOND, HOUR, DAY = 1_000_000, 3_600_000_000, 86_400_000_000
FIRST = int(np.datetime64("2020-02-27", "us").astype("int64"))
CLOCKS = (0, 6 * HOUR, 6 * HOUR + SECOND, 23 * HOUR)


def in_sql(run, cohort):
    """What the SQL says, by key and side of the start."""
    labs, starts, (until, same_day, before, after) = cohort
    caps = [cap and parse_duration(cap) for cap in (before, after)]
    labs = [(*row[:4], row[4] if row[3] is not None else "") for row in labs]
    rows = {"labs": labs, "starts": starts, "rules": [(until, same_day, *caps)]}
    found = run(QUERY, {name: (COLUMNS[name], rows[name]) for name in COLUMNS})
    texts = ("subject", "marker", "intervention", "side")
    found = found.astype({name: "str" if name in texts else "float64" for name in found.columns})
    return found.assign(start=found["start"].astype("int64")).set_index([*KEYS, "side"])


def frames(cohort):
    """The cohort as the frames of series and interventions."""
    labs, starts, _ = cohort
    lab = pd.DataFrame(labs, columns=["subject", "marker", "time", "value", "bound"]).astype(
        {"value": "float64"}
    )
    lab["time"] = lab["time"].to_numpy().astype("datetime64[us]")
    lab = lab.assign(
        unit="mg/L", reference_low=np.nan, reference_high=np.nan, placement="", row=range(len(lab))
    )
    given_ = pd.DataFrame(starts, columns=["subject", "intervention", "start", "stop"])
    for name in ("start", "stop"):
        given_[name] = pd.array(given_[name], dtype="Int64").to_numpy(
            "datetime64[us]", na_value=np.datetime64("NaT")
        )
    given_ = given_.assign(dose="", route="", note="")
    text = ("subject", "marker", "bound", "unit", "placement", "intervention", "dose", "route", "note")
    return tuple(
        frame[list(columns)].astype({name: "str" for name in columns if name in text})
        for frame, columns in ((lab, SERIES), (given_, INTERVENTIONS))
    )


def by_hlhcli(cohort, baseline):
    """The changes at every response point that the SQL has."""
    until, same_day, before, after = cohort[2]
    rules = {"until": until, "same_day": same_day, "before": before, "after": after}
    return changes(*frames(cohort), at=list(POINTS), baseline=baseline, **rules)


def sides(expected, frame):
    """The SQL's rows before and after the start of each change, side by side with the frame."""
    keys = frame[KEYS].assign(start=frame["start"].to_numpy().astype("datetime64[us]").astype("int64"))
    for side in ("before", "after"):
        yield expected.reindex(pd.MultiIndex.from_frame(keys.assign(side=side)))


def known(rows, measure):
    """The number where its ends are equal."""
    low, high = (rows[f"{measure}_{end}"].to_numpy() for end in ("low", "high"))
    same = np.isclose(low, high, rtol=1e-15, atol=0) if measure in COMPUTED else low == high
    return np.where(same & (np.abs(low) < NO_END), low, np.nan)


def end(rows, measure, name):
    """One end of a number; NaN where it is open."""
    values = rows[f"{measure}_{name}"].to_numpy()
    return np.where(np.abs(values) < NO_END, values, np.nan)


def time_of(rows, measure):
    return np.full(len(rows), np.nan) if measure in COMPUTED else rows[f"{measure}_time"].to_numpy()


def instants(times):
    stamps = times.to_numpy().astype("datetime64[us]")
    return np.where(np.isnat(stamps), np.nan, stamps.astype("int64"))


def differing(got, wanted, tolerance):
    """Where two columns differ by more than this, or this share of a number above 1."""
    got, wanted = np.asarray(got, dtype=float), np.asarray(wanted, dtype=float)
    close = np.abs(got - wanted) <= tolerance * np.maximum(1, np.abs(wanted))
    return ~(close | (np.isnan(got) & np.isnan(wanted)))


def compare(expected, baseline, frame):
    """Every number of every change against the SQL's."""
    before, after = sides(expected, frame)
    base, base_times = known(before, baseline), time_of(before, baseline)
    chosen = [
        (frame["at"] == point, known(after, name), time_of(after, name)) for point, name in POINTS.items()
    ]
    value, times = (
        np.select([each[0] for each in chosen], [each[place] for each in chosen]) for place in (1, 2)
    )
    ends = {
        name: np.select(
            [each[0] for each in chosen], [end(after, measure, name) for measure in POINTS.values()]
        )
        for name in ("low", "high")
    }
    ratio = np.divide(value, base, where=base != 0, out=np.full(len(frame), np.nan))
    selected = ~frame["at"].isin(COMPUTED).to_numpy()
    exact = np.where(selected, 0, 1e-12)
    exact_base = 0 if baseline not in COMPUTED else 1e-12
    columns = {
        "n_before": (frame["n_before"], before["n"].fillna(0), 0),
        "n_after": (frame["n_after"], after["n"].fillna(0), 0),
        "baseline": (frame["baseline"], base, exact_base),
        "baseline_time": (instants(frame["baseline_time"]), base_times, 0),
        "baseline_low": (frame["baseline_low"], end(before, baseline, "low"), exact_base),
        "baseline_high": (frame["baseline_high"], end(before, baseline, "high"), exact_base),
        "value": (frame["value"], value, exact),
        "time": (instants(frame["time"]), times, 0),
        "value_low": (frame["value_low"], ends["low"], exact),
        "value_high": (frame["value_high"], ends["high"], exact),
        "delta": (
            frame["delta"],
            value - base,
            5e-12 * np.fmax(np.abs(value), np.abs(base)),
        ),  # it has 12 digits
        "fold_change": (frame["fold_change"], ratio, 1e-12),
    }
    for name, (got, wanted, tolerance) in columns.items():
        wrong = differing(got, wanted, tolerance)
        shown = frame[wrong].assign(wanted=np.asarray(wanted)[wrong])[[*KEYS, "at", name, "wanted"]]
        assert not wrong.any(), f"baseline {baseline}:\n{shown.to_string()}"


def seeded_cohort(seed, rules):
    """Some hundred results of a few subjects, in the same form."""
    random = np.random.default_rng(seed)
    size = 400

    def stamps(clocks, count):
        return (FIRST + random.integers(0, 30, count) * DAY + random.choice(clocks, count)).tolist()

    subject = random.choice(["1", "2", "10", "11"], size).tolist()
    value = [
        None if miss else float(n) / 10
        for miss, n in zip(random.random(size) < 0.05, random.integers(-5, 60, size), strict=True)
    ]
    marker, bound = (
        random.choice(["CRP", "NA"], size).tolist(),
        random.choice(["", "", "", "", "<", ">"], size).tolist(),
    )
    labs = [*zip(subject, marker, stamps(CLOCKS, size), value, bound, strict=True)]
    clocks = (0,) if rules[1] == "exclude" else CLOCKS
    named = {
        (row[0], "abc"[n % 3], start)
        for n, (row, start) in enumerate(zip(labs[:14], stamps(clocks, 14), strict=True))
    }
    starts = [(*key, key[2] + 2 * DAY if key[2] % 3 else None) for key in sorted(named)]
    return labs, starts, rules
