"""A marker's course in the width of a word."""

from collections.abc import Sequence
from itertools import pairwise

LENGTH = 14


def sparkline(values: Sequence[float], cuts: Sequence[int], *, levels: str, edge: str) -> str:
    """The course as bars from its lowest to its highest value, with an edge before each cut.

    Values stand in order of time, one bar each: the line shows order, not distance in time.
    ``cuts`` are places in the values: where the window begins and, where it does, where it
    ends; an end after the last value is not drawn. Of courses longer than `LENGTH` each bar is
    the value of its stretch that lies farthest from the median, so that peaks and dips survive.

    >>> sparkline([1, 3, 2, 1], [2, 4], levels="▁▄█", edge="│")
    '▁█│▄▁'
    """
    if not values:
        return ""
    inner = [*cuts[:1], *(cut for cut in cuts[1:] if cut < len(values))]
    bounds = [0, *inner, len(values)]
    parts = [list(values[begin:end]) for begin, end in pairwise(bounds)]
    room = LENGTH - len(inner)
    if len(values) > room:
        middle = sorted(values)[len(values) // 2]
        parts = [_squeeze(part, max(1, room * len(part) // len(values)), middle) for part in parts]
    lowest, span = min(values), max(values) - min(values)

    def bar(value: float) -> str:
        share = (value - lowest) / span if span else 0.5
        return levels[round(share * (len(levels) - 1))]

    return edge.join("".join(map(bar, part)) for part in parts)


def _squeeze(values: list[float], length: int, middle: float) -> list[float]:
    if len(values) <= length:
        return values
    bounds = [place * len(values) // length for place in range(length + 1)]
    stretches = (values[begin:end] for begin, end in pairwise(bounds))
    return [max(stretch, key=lambda value: abs(value - middle)) for stretch in stretches]
