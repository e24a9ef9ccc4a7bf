"""Labels of interventions: lanes above the axes in which no label meets another, or a leader.

Each label hangs beside its leader like a flag. A leader rises from the axes to its own lane,
so a label that reaches over another intervention's leader must lie in a higher lane than that
intervention's own. Lengths are millimeters from the left edge of the paper.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

from hlhcli.figures import style, text_size

FROM_LEADER = 0.8
CLEARANCE = 1.0  # between a label and anything else
BETWEEN_LANES = 0.7
ROOM_SHARES = (1.0, 0.5, 0.36, 0.25)  # of the paper's width, at which a name is wrapped
LONGEST_SHARE = 0.33  # of the paper's width, beyond which even a single word is broken
NEARLY = 1e-6


@dataclass(frozen=True)
class Start:
    """Where an intervention starts, its name, and where it stops if that is known and later."""

    x: float
    name: str
    stop: float | None = None


@dataclass(frozen=True)
class Flag:
    """A label beside its leader, to the right of it or to the left."""

    start: Start
    text: str
    to_right: bool

    @property
    def extent(self) -> tuple[float, float]:
        """Left and right end of the text."""
        reach = FROM_LEADER + text_size.width(self.text)
        return (self.start.x, self.start.x + reach) if self.to_right else (self.start.x - reach, self.start.x)

    @property
    def text_x(self) -> float:
        """The end of the text that is next to the leader."""
        return self.start.x + (FROM_LEADER if self.to_right else -FROM_LEADER)

    @property
    def lane_extent(self) -> tuple[float, float]:
        """Left and right end of the text and of the bar under it."""
        left, right = self.extent
        return left, max(right, self.start.stop or right)

    @property
    def height(self) -> float:
        """Millimeters of the text and of the bar under it."""
        return text_size.height(self.text) + (style.SPAN_ROOM if self.start.stop else 0.0)


@dataclass(frozen=True)
class Lanes:
    """Labels, the height of the bottom of each above the axes, and of all of them together."""

    flags: tuple[Flag, ...]
    bottoms: tuple[float, ...]
    height: float


def arrange(starts: Sequence[Start], left: float, right: float) -> Lanes | None:
    """Find the lowest arrangement between two ends of the paper; None where there is none.

    Names keep to one line where that costs no height.
    """
    found = [lanes for flags in _candidates(starts, left, right) if (lanes := _stack(flags)) is not None]
    return min(found, key=lambda lanes: lanes.height, default=None)


def narrowest(names: Sequence[str], width: float) -> float:
    """Measure the room for the widest of these names, each wrapped as narrow as it may be."""
    return FROM_LEADER + max((_least_room(name, width) for name in names), default=0.0)


def _candidates(starts: Sequence[Start], left: float, right: float) -> Iterator[tuple[Flag, ...]]:
    """Give every wrapping, with the first so many flags right of their leaders and the others left."""
    ordered = sorted(starts, key=lambda start: start.x)
    for share, count in product(ROOM_SHARES, range(len(ordered), -1, -1)):
        flags = [_fit(start, k < count, share, (left, right)) for k, start in enumerate(ordered)]
        fitting = tuple(flag for flag in flags if flag is not None)
        if len(fitting) == len(flags):
            yield fitting


def _fit(start: Start, to_right: bool, share: float, paper: tuple[float, float]) -> Flag | None:
    """Wrap a name as far as this side of its leader asks; None where it has no room."""
    left, right = paper
    beside = (right - start.x if to_right else start.x - left) - FROM_LEADER
    least = _least_room(start.name, right - left)
    if beside < least - NEARLY:
        return None
    room = max(least, min(share * (right - left), beside))
    return Flag(start, text_size.wrap(start.name, room), to_right)


def _least_room(name: str, width: float) -> float:
    return min(text_size.longest_piece(name), width * LONGEST_SHARE)


def _stack(flags: tuple[Flag, ...]) -> Lanes | None:
    lanes = _assign_lanes(flags)
    if lanes is None:
        return None
    count = max(lanes.values(), default=-1) + 1
    heights = [
        max(flag.height for flag in flags if lanes[flag] == lane) + BETWEEN_LANES for lane in range(count)
    ]
    return Lanes(flags, tuple(sum(heights[: lanes[flag]]) for flag in flags), sum(heights))


def _assign_lanes(flags: tuple[Flag, ...]) -> dict[Flag, int] | None:
    """Lane of each flag, 0 the lowest; None where two labels each reach over the other's leader."""
    above = {flag: _reached_over(flag, flags) for flag in flags}
    lanes: dict[Flag, int] = {}
    waiting = list(reversed(flags))
    while waiting:
        ready = next((flag for flag in waiting if above[flag] <= lanes.keys()), None)
        if ready is None:
            return None
        waiting.remove(ready)
        lanes[ready] = _lowest_free(ready, lanes, above[ready])
    return lanes


def _reached_over(flag: Flag, flags: Sequence[Flag]) -> set[Flag]:
    """Find the flags whose leaders this label lies over: they must end in lower lanes."""
    left, right = flag.extent
    reach = (left, right + CLEARANCE) if flag.to_right else (left - CLEARANCE, right)
    return {other for other in flags if reach[0] < other.start.x < reach[1]}


def _lowest_free(flag: Flag, lanes: dict[Flag, int], above: set[Flag]) -> int:
    lowest = max((lanes[other] + 1 for other in above), default=0)
    taken = {lane for other, lane in lanes.items() if _overlap(flag.lane_extent, other.lane_extent)}
    return next(lane for lane in range(lowest, lowest + len(taken) + 1) if lane not in taken)


def _overlap(one: tuple[float, float], other: tuple[float, float]) -> bool:
    return one[0] < other[1] + CLEARANCE and other[0] < one[1] + CLEARANCE
