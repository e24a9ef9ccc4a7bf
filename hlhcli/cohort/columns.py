"""The columns of a cohort's answers, one row per marker, intervention and response point."""

KEY = ("marker", "unit", "intervention", "at")

REASONS = ("no_baseline", "no_response", "no_window", "not_measured")
"""Why a course cannot be evaluated; each has one reason."""

COUNTS = ("subjects", "courses", "evaluable", *REASONS)
"""``courses`` is what is counted below: one per subject, unless every course was asked for."""

BOUNDED = ("baseline", "value", "delta", "fold_change")
"""Quantities that limits and placements can leave open."""

QUANTITIES = (*BOUNDED, "day")
SUMMARIES = ("median", "q1", "q3")
SHARES = (0.5, 0.25, 0.75)
"""Of the subjects that lie below each of `SUMMARIES`."""

OWN_COUNT = ("fold_change", "day")
"""Quantities that not every evaluable course has; ``_n`` counts those that have it."""

DIRECTIONS = ("improved", "worsened", "unchanged", "direction_unknown")
"""They add up to ``direction_n``."""

VERDICTS = ("beyond_rcv", "within_rcv", "rcv_unknown")
"""They add up to ``rcv_n``."""

PERCENTS = {
    "improved": ("direction_n", "direction_unknown"),
    "worsened": ("direction_n", "direction_unknown"),
    "unchanged": ("direction_n", "direction_unknown"),
    "beyond_rcv": ("rcv_n", "rcv_unknown"),
}
"""Counts that are given in per cent too: of which count, and which count leaves them open."""


def summaries(quantity: str) -> tuple[str, ...]:
    """Names of the columns that summarize a quantity."""
    count = (f"{quantity}_n",) if quantity in OWN_COUNT else ()
    return (*count, *(f"{quantity}_{summary}" for summary in SUMMARIES))


def limits(name: str) -> tuple[str, str]:
    """Names of the columns of the lowest and highest number that a column may hold."""
    return f"{name}_low", f"{name}_high"


LIMITED = (
    *(f"{quantity}_{summary}" for quantity in BOUNDED for summary in SUMMARIES),
    *(f"{count}_percent" for count in PERCENTS),
)

COLUMNS = (
    *KEY,
    *COUNTS,
    *(name for quantity in QUANTITIES for name in summaries(quantity)),
    "better",
    "direction_n",
    *DIRECTIONS,
    "rcv_n",
    *VERDICTS,
    *(f"{count}_percent" for count in PERCENTS),
    "note",
    *(end for name in LIMITED for end in limits(name)),
)
"""One row per marker, intervention and response point."""

READ = (
    *("subject", "marker", "unit", "intervention", "start", "at", "baseline", "value", "day"),
    *("n_before", "n_after", "note", "placements"),
    *(end for name in BOUNDED for end in limits(name)),
)
"""The columns of `hlhcli.frames.CHANGES` that an answer needs."""

READ_IF_THERE = ("baseline_range", "rcv_low_percent", "beyond_rcv", "rcv_note", "baseline_rule")
"""What further columns of changes say more: without them that answer is missing."""
