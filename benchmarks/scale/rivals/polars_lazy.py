"""The window analysis in polars, lazily: ``polars_lazy.py LABS INTERVENTIONS OUT``."""

import sys

import polars as pl

KEYS = ("subject", "marker", "intervention", "start")
EARLIEST = pl.datetime(1, 1, 1, time_unit="us")
LATEST = pl.datetime(9999, 1, 1, time_unit="us")
COLUMNS = ("time", "low", "high")


def read_labs(path: str) -> pl.LazyFrame:
    """Results as intervals: subject, marker, time, low and high."""
    if path.endswith(".parquet"):
        rows = pl.scan_parquet(path)
    else:
        cell = pl.col("value")
        rows = pl.scan_csv(path, schema_overrides={"value": pl.String}).with_columns(
            time=pl.col("time").str.to_datetime("%Y-%m-%dT%H:%M:%S", time_unit="us"),
            value=cell.str.strip_chars_start("<>").cast(pl.Float64),
            bound=pl.when(cell.str.contains("^[<>]")).then(cell.str.head(1)).otherwise(pl.lit("")),
        )
    value, bound = pl.col("value"), pl.col("bound").cast(pl.String)
    floor = pl.when(value >= 0).then(0.0).when(value < 0).then(-float("inf"))
    return rows.select(
        "subject",
        "marker",
        "time",
        low=pl.when(bound == "<").then(floor).otherwise(value),
        high=pl.when((bound == ">") & value.is_not_null()).then(float("inf")).otherwise(value),
    )


def read_windows(path: str) -> pl.DataFrame:
    """Each intervention with the cut at its start and the cut that ends its window."""
    starts = pl.read_csv(path, try_parse_dates=True).with_columns(pl.col("start").cast(pl.Datetime("us")))
    is_date = pl.col("start") == pl.col("start").dt.truncate("1d")
    step = pl.when(is_date).then(pl.duration(days=1)).otherwise(pl.duration(microseconds=1))
    cuts = starts.with_columns(cut=pl.col("start") + step)
    later = cuts.sort("start", "cut").select(
        "subject", pl.col("start").alias("next"), pl.col("cut").alias("until")
    )
    return (
        cuts.sort("cut")
        .join_asof(
            later, left_on="cut", right_on="next", by="subject", strategy="forward", check_sortedness=False
        )
        .drop("next")
    )


def segments(windows: pl.DataFrame) -> pl.DataFrame:
    """The spans between two cuts of a subject: each result lies in one."""
    cuts = windows.select("subject", since="cut")
    first = cuts.select("subject", since=EARLIEST)
    spans = pl.concat([cuts, first]).unique().sort("subject", "since")
    return spans.with_columns(end=pl.col("since").shift(-1).over("subject").fill_null(LATEST))


def parts(labs: pl.LazyFrame, windows: pl.DataFrame) -> pl.LazyFrame:
    """What each segment of a series holds; struct minima, which would need no sort, come out as null."""
    time, low, high = (pl.col(name) for name in COLUMNS)
    nadir = time.filter((low == low.min()) & (high == high.min()))
    peak = time.filter((low == low.max()) & (high == high.max()))
    return (
        labs.drop_nulls("low")
        .join(segments(windows).lazy(), on="subject")
        .filter(time >= pl.col("since"), time < pl.col("end"))
        .sort("subject", "marker", *COLUMNS)
        .group_by("subject", "marker", "since")
        .agg(
            pl.col(COLUMNS).first().name.prefix("first_"),
            pl.col(COLUMNS).last().name.prefix("last_"),
            nadir_time=nadir.first(),
            nadir_low=low.min(),
            nadir_high=high.min(),
            peak_time=peak.first(),
            peak_low=low.max(),
            peak_high=high.max(),
        )
    )


def put_together(found: pl.LazyFrame) -> pl.LazyFrame:
    """Baseline and response points of each window, from its segments."""
    early = pl.col("since") < pl.col("cut")
    late = (pl.col("since") >= pl.col("cut")) & (pl.col("since") < pl.col("until").fill_null(LATEST))
    nadir_low, nadir_high = pl.col("nadir_low").filter(late).min(), pl.col("nadir_high").filter(late).min()
    peak_low, peak_high = pl.col("peak_low").filter(late).max(), pl.col("peak_high").filter(late).max()
    at_nadir = (pl.col("nadir_low") == nadir_low) & (pl.col("nadir_high") == nadir_high) & late
    at_peak = (pl.col("peak_low") == peak_low) & (pl.col("peak_high") == peak_high) & late
    latest = [pl.col(f"last_{name}") for name in COLUMNS]
    return (
        found.sort("since")
        .group_by(KEYS, maintain_order=True)
        .agg(
            *(one.filter(early).last().name.replace("last_", "baseline_") for one in latest),
            *(pl.col(f"first_{name}").filter(late).first() for name in COLUMNS),
            *(one.filter(late).last() for one in latest),
            nadir_time=pl.col("nadir_time").filter(at_nadir).min(),
            nadir_low=nadir_low,
            nadir_high=nadir_high,
            peak_time=pl.col("peak_time").filter(at_peak).min(),
            peak_low=peak_low,
            peak_high=peak_high,
        )
    )


def known(name: str) -> pl.Expr:
    """The number where its lowest and highest are equal."""
    low = pl.col(f"{name}_low")
    return pl.when(low == pl.col(f"{name}_high")).then(low)


def changes(found: pl.DataFrame) -> pl.DataFrame:
    """One row per response point."""
    start, time, value, base = (pl.col(name) for name in ("start", "time", "value", "baseline"))
    either_date = (start == start.dt.truncate("1d")) | (time == time.dt.truncate("1d"))
    fraction = (time - start).dt.total_microseconds() / 86400e6
    whole = (time.dt.truncate("1d") - start.dt.truncate("1d")).dt.total_days()
    points = [
        found.select(
            *KEYS,
            baseline=known("baseline"),
            baseline_time="baseline_time",
            at=pl.lit(at),
            value=known(at),
            time=f"{at}_time",
        )
        for at in ("first", "nadir", "peak", "last")
    ]
    return pl.concat(points).with_columns(
        day=pl.when(either_date).then(whole.cast(pl.Float64)).otherwise(fraction),
        delta=value - base,
        fold_change=pl.when(base != 0).then(value / base),
    )


def main(labs: str, interventions: str, out: str) -> None:
    """Read, compute and write."""
    rows, windows = read_labs(labs), read_windows(interventions)
    series = rows.select("subject", "marker").unique().join(windows.lazy(), on="subject")
    by_segment = parts(rows, windows)
    pairs = windows.lazy().join(by_segment, on="subject")
    found, every = pl.collect_all([put_together(pairs), series], engine="streaming")
    whole = every.select(KEYS).join(found, on=KEYS, how="left")
    changes(whole).write_parquet(out)


if __name__ == "__main__":
    main(*sys.argv[1:])
