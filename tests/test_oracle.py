"""The window analysis against a second one, written with plain loops from the design's words."""

import math
from datetime import date, timedelta
from itertools import product
from statistics import mean, median

import numpy as np
import pytest
from builders import interventions, series
from hypothesis import given, settings
from hypothesis import strategies as st

from hlhcli.changes import changes
from hlhcli.frames import BASELINES

ORIGIN = date(2020, 1, 1)


def slow_change(rows, start, end, *, at, baseline, same_day):
    """Baseline, value and counts of one marker by looking at every row in turn."""
    rows = sorted(set(rows))
    early, late = [], []
    for day, value in rows:
        side = same_day if day == start else "before" if day < start else "after"
        if side == "before":
            early.append((day, value))
        elif side == "after" and (end is None or day < end or (day == end and same_day == "before")):
            late.append((day, value))
    base = None
    if baseline == "nearest" and early + late:
        base = min(early[-1:] + late[:1], key=lambda row: (abs(row[0] - start), row[0]))
        late = [row for row in late if row != base]
    elif early:
        base = {
            "last": lambda: early[-1],
            "first": lambda: early[0],
            "lowest": lambda: min(early, key=lambda row: (row[1], row[0])),
            "highest": lambda: max(early, key=lambda row: (row[1], -row[0])),
            "mean": lambda: (None, mean(value for _, value in early)),
            "median": lambda: (None, median(value for _, value in early)),
        }.get(baseline, lambda: None)()
    response = None
    if late:
        response = {
            "first": lambda: late[0],
            "last": lambda: late[-1],
            "nadir": lambda: min(late, key=lambda row: (row[1], row[0])),
            "peak": lambda: max(late, key=lambda row: (row[1], -row[0])),
            "mean": lambda: (None, mean(value for _, value in late)),
            "median": lambda: (None, median(value for _, value in late)),
        }[at]()
    return base, response, len(early), len(late)


POINTS = ["first", "nadir", "peak", "last", "mean", "median"]


@pytest.mark.parametrize("at", POINTS)
@settings(max_examples=25, deadline=None)
@given(
    others=st.lists(st.sampled_from(POINTS), max_size=5),
    rows=st.lists(
        st.tuples(st.integers(0, 12), st.sampled_from([1.0, 2.0, 2.5, 8.0, 0.5])), min_size=1, max_size=12
    ),
    starts=st.lists(st.integers(0, 12), min_size=1, max_size=3, unique=True).map(sorted),
    baseline=st.sampled_from(BASELINES),
    same_day=st.sampled_from(["before", "after", "exclude"]),
)
def test_the_kernel_agrees_with_plain_loops(at, others, rows, starts, baseline, same_day):
    frame = series([(str(ORIGIN + timedelta(day)), value) for day, value in rows])
    drugs = interventions([(str(start), str(ORIGIN + timedelta(start))) for start in starts])

    points = [*dict.fromkeys([at, *others])]

    result = changes(frame, drugs, at=points, baseline=baseline, same_day=same_day)

    windows = product(zip(starts, [*starts[1:], None], strict=True), points)
    for got, ((start, end), point) in zip(result.itertuples(), windows, strict=True):
        base, response, n_before, n_after = slow_change(
            rows, start, end, at=point, baseline=baseline, same_day=same_day
        )
        assert got.at == point
        assert (got.n_before, got.n_after) == (n_before, n_after)
        assert number(got.baseline) == pytest.approx(base[1] if base else None)
        assert number(got.value) == pytest.approx(response[1] if response else None)
        if response and response[0] is not None:
            assert got.day == response[0] - start
        if base and base[0] is not None:
            assert got.baseline_time.date() == ORIGIN + timedelta(base[0])


def number(value):
    return None if math.isnan(value) else np.float64(value)
