"""Reference ranges: from a table when the labs bring none, and values judged by them."""

from typing import TYPE_CHECKING

from hlhcli.doors import door

if TYPE_CHECKING:
    from hlhcli.ranges.judging import RANGE_COLUMNS, judge, judged
    from hlhcli.ranges.tables import builtin_ranges, fill_ranges, read_ranges

__all__ = ["RANGE_COLUMNS", "builtin_ranges", "fill_ranges", "judge", "judged", "read_ranges"]

if not TYPE_CHECKING:  # or a type checker would believe in every name
    __getattr__ = door(
        __name__,
        {
            "judging": ["RANGE_COLUMNS", "judge", "judged"],
            "tables": ["builtin_ranges", "fill_ranges", "read_ranges"],
        },
    )
