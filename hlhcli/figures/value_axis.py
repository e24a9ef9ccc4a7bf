"""The value axis of one panel: its ends, its scale and the numbers on it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import numpy.typing as npt
from matplotlib.ticker import MaxNLocator

from hlhcli.figures import style

Floats = npt.NDArray[np.float64]

AUTOMATIC_LOG = 50.0  # highest over lowest value from which a log scale is chosen
PAD_SHARE = 0.07  # of the axis, left free at either end
REFERENCE_SHARE = 3.0  # a reference limit is brought into view if the values keep a third of it
NEAR_ZERO = 1 / 3  # of the upper end
ROOM_PER_TICK = 5.0  # millimeters
ROOM_PER_LOG_TICK = 3.6
THIN_SPACE = "\u202f"


@dataclass(frozen=True)
class ValueAxis:
    """The two ends of a value axis, its scale and its ticks."""

    low: float
    high: float
    log: bool
    ticks: tuple[float, ...]

    @property
    def texts(self) -> list[str]:
        """The ticks as a reader sees them."""
        return [number_text(tick) for tick in self.ticks]


def wants_log(values: Floats) -> bool:
    """Whether values span so many orders of magnitude that a linear scale hides the low ones."""
    return bool(values.min() > 0 and values.max() / values.min() >= AUTOMATIC_LOG)


def build_axis(
    values: Floats, bounds: Iterable[str], limits: Iterable[float], *, log: bool, height: float
) -> ValueAxis:
    """Fit an axis, ``height`` millimeters high, to values and the arrows of their bounds.

    Reference limits come into view where that leaves the values a third of the height, and 0
    where the axis comes near it.
    """
    room = {bound: style.ARROW_ROOM / height for bound in set(bounds) if bound}
    ends = _to_scale([values.min(), values.max()], log=log)
    low, high = _with_limits(*_opened(*ends, log=log), _to_scale(_drawable(limits, log=log), log=log))
    below, above = (max(PAD_SHARE, room.get(bound, 0.0)) for bound in "<>")
    whole = (high - low) / (1 - below - above)
    bottom, top = low - below * whole, high + above * whole
    if not log and low >= 0 and "<" not in room and bottom < top * NEAR_ZERO:
        bottom = 0.0
    low, high = (10.0**bottom, 10.0**top) if log else (bottom, top)
    ticks = (
        log_ticks(low, high, max(2, int(height / ROOM_PER_LOG_TICK)))
        if log
        else _linear_ticks(low, high, height / ROOM_PER_TICK)
    )
    return ValueAxis(low, high, log, tuple(tick for tick in ticks if tick >= 0 or values.min() < 0))


def number_text(number: float) -> str:
    r"""Write a number in full, without powers of ten; thousands set apart from five digits on.

    >>> number_text(0.2), number_text(-3.0), number_text(2500.0), number_text(40000.0)
    ('0.2', '−3', '2500', '40\u202f000')
    """
    text = plain_number(number)
    whole, point, part = text.partition(".")
    grouped = f"{int(whole):,}" if abs(number) >= 1e4 else whole
    return f"{grouped}{point}{part}".replace(",", THIN_SPACE).replace("-", "−")


def plain_number(number: float) -> str:
    """Write a number to six digits, without powers of ten."""
    return f"{Decimal(f'{number:.6g}'):f}"


def _to_scale(numbers: Iterable[float], *, log: bool) -> list[float]:
    return [float(np.log10(number)) if log else float(number) for number in numbers]


def _drawable(limits: Iterable[float], *, log: bool) -> list[float]:
    return [limit for limit in limits if np.isfinite(limit) and (limit > 0 or not log)]


def _opened(low: float, high: float, *, log: bool) -> tuple[float, float]:
    """Give equal values an axis with two ends."""
    if high > low:
        return low, high
    half = 0.3 if log else abs(low) / 5 or 1.0
    return low - half, high + half


def _with_limits(low: float, high: float, limits: Sequence[float]) -> tuple[float, float]:
    span = high - low
    for limit in limits:
        wider = min(low, limit), max(high, limit)
        if wider[1] - wider[0] <= REFERENCE_SHARE * span:
            low, high = wider
    return low, high


def _linear_ticks(low: float, high: float, most: float) -> list[float]:
    locator = MaxNLocator(nbins=int(np.clip(most, 2, 6)), steps=[1, 2, 2.5, 5, 10])
    return [float(f"{tick:.12g}") for tick in locator.tick_values(low, high) if low <= tick <= high]


def log_ticks(low: float, high: float, most: int) -> list[float]:
    """Every, every second or third (and so on) of 1, 2, 5, 10, 20, …, always with 1."""
    first, last = int(np.floor(np.log10(low))), int(np.ceil(np.log10(high)))
    for stride in (1, 2, 3, 6, 9, 12):
        steps = [step for step in range(3 * first, 3 * last + 1) if step % stride == 0]
        ticks = [float(f"{(1, 2, 5)[step % 3]}e{step // 3}") for step in steps]
        inside = [tick for tick in ticks if low <= tick <= high]
        if 2 <= len(inside) <= most:
            return inside
    return _linear_ticks(low, high, most * ROOM_PER_LOG_TICK / ROOM_PER_TICK)
