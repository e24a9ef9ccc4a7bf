"""Rows of the kernel stand in the order of series, time and value, whatever order they came in."""

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from hlhcli import kernel

FAR = 2**55  # microseconds: some thousand years, so that series and time do not fit into one whole number
ROWS = st.tuples(
    st.sampled_from([0, 1, 2, 65_535, 65_536, 90_000]),
    st.sampled_from([-FAR, -5, 0, 1, 2, FAR]),
    st.sampled_from([1.0, 2.0, 3.5, np.nan]),
    st.sampled_from([0.0, np.inf]),
)


@given(st.lists(ROWS, max_size=30))
@example([])
@example([(0, 0, np.nan, 0.0)])
@example([(1, 0, 2.0, 0.0), (0, 5, 1.0, 0.0), (0, 2, 1.0, 0.0), (0, 5, 1.0, 0.0), (0, 2, 1.0, np.inf)])
def test_rows_are_sorted_by_series_time_and_value_and_identical_ones_are_one(rows):
    series, time = (np.array([row[place] for row in rows], dtype=np.int64) for place in (0, 1))
    low = np.array([row[2] for row in rows], dtype=float)
    high = low + np.array([row[3] for row in rows], dtype=float)
    n_series = 90_001

    found = kernel.sort_rows(series, time, low, high, n_series=n_series)

    known = zip(series.tolist(), time.tolist(), low.tolist(), high.tolist(), strict=True)
    expected = sorted({row for row in known if row[2] == row[2]})
    own = np.repeat(np.arange(n_series), np.diff(found.offsets))
    columns = (own, found.time, found.low, found.high)
    assert list(zip(*(column.tolist() for column in columns), strict=True)) == expected
    first = {
        row: place for place, row in reversed(list(enumerate(zip(series, time, low, high, strict=True))))
    }
    assert found.source.tolist() == [first[row] for row in expected]


def test_equal_numbers_keep_their_order_whether_small_or_large():
    for large in (3, 2**40):
        assert kernel.stable_order(np.array([large, 0, large, 1, 0])).tolist() == [1, 4, 3, 0, 2]
