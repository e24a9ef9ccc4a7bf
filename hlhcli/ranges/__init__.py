"""Reference ranges: from a table when the labs bring none, and values judged by them."""

from hlhcli.ranges.judge import RANGE_COLUMNS, judge, with_ranges
from hlhcli.ranges.tables import builtin_ranges, fill_ranges, read_ranges

__all__ = ["RANGE_COLUMNS", "builtin_ranges", "fill_ranges", "judge", "read_ranges", "with_ranges"]
