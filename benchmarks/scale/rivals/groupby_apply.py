"""The window analysis in pandas, group by group: ``groupby_apply.py LABS INTERVENTIONS OUT``."""

import sys

import numpy as np
import pandas as pd

DAY = pd.Timedelta(days=1)
FOREVER = pd.Timestamp("2262-01-01")


def read_labs(path: str) -> pd.DataFrame:
    """Results as intervals: subject, marker, time, low and high."""
    if path.endswith(".parquet"):
        labs = pd.read_parquet(path)
        value, bound = labs["value"], labs["bound"]
    else:
        labs = pd.read_csv(path, dtype={"value": str}, keep_default_na=False, parse_dates=["time"])
        bound = labs["value"].str.extract("^([<>])", expand=False)
        value = pd.to_numeric(labs["value"].str.lstrip("<>"))
    low = value.mask(bound == "<", np.where(value >= 0, 0, -np.inf)).where(value.notna())
    high = value.mask(bound == ">", np.inf).where(value.notna())
    return labs.assign(low=low, high=high)[["subject", "marker", "time", "low", "high"]]


def read_windows(path: str) -> pd.DataFrame:
    """Each intervention with the cut at its start and the cut that ends its window."""
    windows = pd.read_csv(path, parse_dates=["start"]).sort_values(["subject", "start"])
    start = windows["start"]
    windows["cut"] = (start + DAY).where(start == start.dt.normalize(), start + pd.Timedelta(1, "us"))

    def until(own: pd.DataFrame) -> pd.Series:
        later = [own["cut"][own["start"] >= cut] for cut in own["cut"]]
        return pd.Series([cuts.iloc[0] if len(cuts) else FOREVER for cuts in later], index=own.index)

    windows["until"] = pd.concat([until(own) for _, own in windows.groupby("subject")])
    return windows


def known(low: float, high: float) -> float:
    """The number where its lowest and highest are equal."""
    return low if low == high else np.nan


def days(start: pd.Timestamp, time: pd.Timestamp) -> float:
    """Whole days where either is a date, else with a fraction."""
    if start == start.normalize() or time == time.normalize():
        return (time.normalize() - start.normalize()).days
    return (time - start) / DAY


def responses(late: pd.DataFrame) -> dict[str, tuple[float, pd.Timestamp]]:
    """Value and time of each response point; ``late`` is sorted by time, low and high."""
    if late.empty:
        return dict.fromkeys(("first", "nadir", "peak", "last"), (np.nan, pd.NaT))
    first, last = late.iloc[0], late.iloc[-1]
    lowest, highest = late[["low", "high"]].min(), late[["low", "high"]].max()
    at_lowest = late.loc[(late["low"] == lowest["low"]) & (late["high"] == lowest["high"]), "time"]
    at_highest = late.loc[(late["low"] == highest["low"]) & (late["high"] == highest["high"]), "time"]
    return {
        "first": (known(first["low"], first["high"]), first["time"]),
        "nadir": (known(*lowest), at_lowest.min()),
        "peak": (known(*highest), at_highest.min()),
        "last": (known(last["low"], last["high"]), last["time"]),
    }


def changes(rows: pd.DataFrame, windows: pd.DataFrame) -> pd.DataFrame:
    """The changes of one series."""
    rows = rows.dropna(subset="low").sort_values(["time", "low", "high"])
    found = []
    for window in windows.itertuples():
        early = rows[rows["time"] < window.cut]
        late = rows[(rows["time"] >= window.cut) & (rows["time"] < window.until)]
        base, base_time = np.nan, pd.NaT
        if len(early):
            row = early.iloc[-1]
            base, base_time = known(row["low"], row["high"]), row["time"]
        for at, (value, time) in responses(late).items():
            day = days(window.start, time) if time is not pd.NaT else np.nan
            fold = value / base if base != 0 else np.nan
            entry = (
                window.intervention,
                window.start,
                at,
                base,
                base_time,
                value,
                time,
                day,
                value - base,
                fold,
            )
            found.append(entry)
    names = "intervention start at baseline baseline_time value time day delta fold_change"
    return pd.DataFrame(found, columns=names.split())


def main(labs: str, interventions: str, out: str) -> None:
    """Read, compute and write."""
    windows = dict(list(read_windows(interventions).groupby("subject")))
    rows = read_labs(labs)
    rows = rows[rows["subject"].isin(windows.keys())]
    grouped = rows.groupby(["subject", "marker"], observed=True)[["time", "low", "high"]]
    result = grouped.apply(lambda group: changes(group, windows[group.name[0]]))
    result.reset_index(level=[0, 1]).to_csv(out, index=False)


if __name__ == "__main__":
    main(*sys.argv[1:])
