"""What must be decided for a whole input, by the readers' own functions on its different texts."""

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from hlhcli import selection
from hlhcli.errors import DataNote, HlhcliError
from hlhcli.frames import SERIES
from hlhcli.ranges import fill_ranges, read_ranges
from hlhcli.readers.cells import parse_moments
from hlhcli.readers.dates import count_offsets
from hlhcli.readers.day_labels import read_day
from hlhcli.readers.labs import Labs, understand
from hlhcli.readers.offsets import CARRIED
from hlhcli.readers.problems import Cell
from hlhcli.reading import ReadingOptions
from hlhcli.request import Units
from hlhcli.stream.encode import EMPTY, PLAIN
from hlhcli.stream.findings import Findings
from hlhcli.stream.form import localized
from hlhcli.times import DAY, MISSING, from_instants, instants, is_calendar
from hlhcli.units import Conversions, convert, parse_assumed, plan_conversions


@dataclass(frozen=True)
class Moments:
    """What the texts of times mean: an instant, or a reason why there is none."""

    calendar: bool
    instant: np.ndarray
    """By the code of the text."""
    reason: list[str]
    column: str
    offsets: tuple[str, ...]
    """The offsets from UTC that the times have."""
    has_clock: bool
    """Whether some date has a time of day."""

    @cached_property
    def like(self) -> pd.Series:
        """No times, of the kind that the labs have."""
        return pd.Series([], dtype="datetime64[us]" if self.calendar else "float64")


@dataclass(frozen=True)
class Cells:
    """What each combination of texts means; arrays by its number."""

    marker: np.ndarray
    """Code of the marker, in ``markers``."""
    unit: np.ndarray
    bound: np.ndarray
    value: np.ndarray
    """The number of a result that is a text."""
    is_plain: np.ndarray
    """Whether the number is that of the row."""
    factor: np.ndarray
    """What the number of a row is multiplied with; 1 leaves it as it is, NaN says that it has no number."""
    reference_low: np.ndarray
    reference_high: np.ndarray
    markers: list[str]
    units: list[str]
    bounds: list[str]
    bad: Mapping[int, list[Cell]]
    """Combinations with a cell that cannot be read."""
    wanted: np.ndarray
    has_range: bool
    """Whether some value that is analyzed has a reference range."""


def decide_moments(intake: Findings, options: ReadingOptions) -> Moments:
    """Read the texts of times; raises `HlhcliError` for times of several zones."""
    times, column = intake.times, intake.form.times[0]
    texts = times.texts.texts
    examples = _examples(intake, sum(read_day(text) is not None for text in texts))
    moments, wrong = parse_moments([*texts, *examples], options)
    reasons = [""] * (len(texts) + len(examples))
    for item in wrong:
        reasons[item.row] = item.reason
    if any(reasons[len(texts) :]):
        raise HlhcliError(
            f"{intake.form.source.name}: column '{column}' has times in several time zones "
            f"({', '.join(times.offsets)}); bring them to one"
        )
    offsets = tuple(count_offsets([*texts, *examples]))
    if len(offsets) > 1 and not any(reasons):
        _note(intake, f"times have the offsets {' and '.join(offsets)}; clocks are kept as written")
    instant = instants(moments)
    calendar = is_calendar(moments)
    has_clock = calendar and bool(((instant != MISSING) & (instant % DAY != 0)).any())
    return Moments(calendar, instant[: len(texts)], reasons[: len(texts)], column, offsets, has_clock)


def _examples(intake: Findings, n_days: int) -> list[str]:
    """Texts that stand for the plain times, more of them than there are day numbers among dates."""
    times = intake.times
    if times.kind == "days":
        return [str(day) for day in range(len(times.texts.texts) + 1)]
    if not times.kind:
        return []
    dates = np.datetime64("2000-01-01") + np.arange(n_days + 1)
    clock = ["2000-01-01T12:00"] if times.has_clock else []
    return [*map(str, dates), *clock, *(f"2000-01-01T12:00:00{offset}" for offset in times.offsets)]


def decide_cells(intake: Findings, units: Units) -> Cells:
    """Read every combination of texts; notes and errors are those of the readers."""
    every = [number for number, count in enumerate(intake.combinations.count) if count]
    labs = _understand(intake, sorted(every, key=intake.combinations.first.__getitem__))
    bad = _by_number(intake, every, labs.problems)
    if bad:
        kept = [number for number in every if number not in bad]
        if not kept:
            raise HlhcliError(f"{intake.form.source.name}: no row can be read: {labs.problems[0]}")
        labs = _understand(intake, sorted(kept, key=intake.combinations.first.__getitem__))
    _require_open_numbers(intake, every)
    _tell(intake, labs)
    return _decide(intake, labs.series, bad, units)


def _understand(intake: Findings, numbers: Sequence[int]) -> Labs:
    """The readers' view of some combinations, in the order of their first rows."""
    combinations = intake.combinations
    example = "2.5" if intake.numbers.has_point else "1"
    lines = [combinations.first[number] for number in numbers]
    counts = {combinations.first[number]: combinations.count[number] for number in numbers}
    table = intake.form.table(_texts_of(intake, numbers, example), lines)
    return understand(table, intake.form.options, counts)


def _texts_of(intake: Findings, numbers: Sequence[int], example: str) -> dict[str, list[str]]:
    """The cells of some combinations by column; the example stands for plain numbers."""
    form, combinations = intake.form, intake.combinations
    keys = [combinations.keys[number] for number in numbers]
    results = intake.numbers.texts.texts
    cells = {
        name: [texts.texts[key[place]] for key in keys]
        for place, (name, texts) in enumerate(zip(form.texts, combinations.texts, strict=False))
    }
    return {**cells, form.value: [example if key[-1] == PLAIN else results[key[-1]] for key in keys]}


def _by_number(intake: Findings, numbers: Sequence[int], problems: Sequence[Cell]) -> dict[int, list[Cell]]:
    of_row = {intake.combinations.first[number]: number for number in numbers}
    found: dict[int, list[Cell]] = {}
    for cell in problems:
        found.setdefault(of_row[cell.place.line], []).append(cell)
    return found


def _require_open_numbers(intake: Findings, numbers: Sequence[int]) -> None:
    """Raise where a plain number such as 1.247 may be another one, as the other cells tell."""
    text, form = intake.numbers.open_text, intake.form
    cells = _texts_of(intake, numbers, "2.5" if intake.numbers.has_point else "1")
    if not text or not any("," in cell for column in cells.values() for cell in column):
        return
    plain = next(n for n, number in enumerate(numbers) if intake.combinations.keys[number][-1] == PLAIN)
    probe = {name: [*column, text if name == form.value else column[plain]] for name, column in cells.items()}
    last = len(numbers) + 1
    labs = understand(form.table(probe, range(1, last + 1)), form.options)
    problem = next((cell for cell in labs.problems if cell.place.line == last), None)
    if problem:
        raise HlhcliError(f"{form.source.name}: column '{form.value}': '{text}' {problem.reason}")


def _tell(intake: Findings, labs: Labs) -> None:
    """The notes of the readers, and how many cells hold no number."""
    combinations, said = intake.combinations, [labs.counted] if labs.counted else []
    untimed = sum(
        count - timed
        for key, count, timed in zip(
            combinations.keys, combinations.count, combinations.timed_count, strict=True
        )
        if key[-1] != EMPTY
    )
    if untimed:
        said.append(f"{untimed} {'value has' if untimed == 1 else 'values have'} no time")
    for text in [*labs.notes, *([", ".join(said)] if said else [])]:
        _note(intake, text)


def _note(intake: Findings, text: str) -> None:
    source = intake.form.source
    warnings.warn(f"{source.name}: {localized(text, source, intake.where)}", DataNote, stacklevel=2)


def _decide(intake: Findings, series: pd.DataFrame, bad: Mapping[int, list[Cell]], units: Units) -> Cells:
    """Names, units, limits and ranges of all combinations that have a time, then of each."""
    combinations = intake.combinations
    of_row = {row: number for number, row in enumerate(combinations.first)}
    number = np.array([of_row[row] for row in series["row"].tolist()], dtype=np.int64)
    count = np.array(combinations.timed_count)[number]
    wanted = np.array(combinations.wanted)[number]
    if not wanted.any():
        raise HlhcliError("none of the markers that were asked for has a time")
    order = np.argsort(np.array(combinations.timed_first)[number], kind="stable")
    order = order[(count[order] > 0) & wanted[order]]
    chosen = series.iloc[order].reset_index(drop=True)
    chosen = chosen.assign(row=np.array(combinations.timed_first)[number[order]])
    if (chosen["placement"] == "inferred").any():
        raise HlhcliError(
            f"{intake.form.source.name}: has values whose dates are inferred, which cannot be placed in a "
            "stream; use --engine pandas"
        )
    conversions = _localized(
        intake,
        lambda: plan_conversions(
            chosen, units=units.system, assumed=parse_assumed(units.assumed), counts=count[order]
        ),
    )
    final = convert(chosen, conversions)
    if units.ranges:
        final = fill_ranges(final, read_ranges(units.ranges))
    return _cells(intake, number[order], final, conversions, bad)


def _localized(intake: Findings, work: Callable[[], Conversions]) -> Conversions:
    """The result of work whose messages name rows by their number in the whole input."""
    source = intake.form.source
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", DataNote)
        try:
            result = work()
        except HlhcliError as error:
            raise HlhcliError(localized(str(error), source, intake.where)) from None
    for warning in caught:
        warnings.warn(localized(str(warning.message), source, intake.where), DataNote, stacklevel=3)
    return result


def _cells(
    intake: Findings,
    number: np.ndarray,
    final: pd.DataFrame,
    conversions: Conversions,
    bad: Mapping[int, list[Cell]],
) -> Cells:
    """The decided combinations spread over the numbers of all."""
    size = len(intake.combinations.keys)
    texts = {name: pd.factorize(final[name]) for name in ("marker", "unit", "bound")}

    def spread(values: np.ndarray, nothing: float, dtype: type) -> np.ndarray:
        column: np.ndarray = np.full(size, nothing, dtype=dtype)
        column[number] = values
        return column

    codes = {name: spread(found[0], 0, np.int32) for name, found in texts.items()}
    factors = np.array([np.nan if by is None else float(by) for by in conversions.factors] or [1.0])
    kept = np.array(intake.combinations.kept)[number]
    has_limit = (final["reference_low"].notna() | final["reference_high"].notna()).to_numpy()
    results = np.array([key[-1] for key in intake.combinations.keys])
    return Cells(
        **codes,
        value=spread(final["value"].to_numpy(dtype=float), np.nan, np.float64),
        is_plain=results == PLAIN,
        factor=spread(factors[conversions.code], 1.0, np.float64),
        reference_low=spread(final["reference_low"].to_numpy(dtype=float), np.nan, np.float64),
        reference_high=spread(final["reference_high"].to_numpy(dtype=float), np.nan, np.float64),
        markers=list(texts["marker"][1]),
        units=list(texts["unit"][1]),
        bounds=list(texts["bound"][1]),
        bad=bad,
        wanted=spread(np.ones(number.size), 0, np.bool_),
        has_range=bool((has_limit & final["value"].notna().to_numpy() & kept).any()),
    )


def outline(intake: Findings, moments: Moments, names: Sequence[str], *, of_all: bool) -> pd.DataFrame:
    """One row for each subject that has labs (some of those that are not analyzed): for messages.

    It stands for the series where the readers of other tables need its subjects and kind of time.
    """
    subjects = [name for name, seen in zip(names, intake.seen.tolist(), strict=False) if seen]
    subjects += list(intake.subjects.others) if of_all else []
    instant = np.full(len(subjects), DAY // 2 if moments.has_clock else MISSING)
    time = pd.Series(from_instants(instant, moments.like))
    frame = pd.DataFrame({"subject": pd.Series(subjects, dtype="str"), "time": time})
    frame = frame.reindex(columns=list(SERIES))
    frame.attrs[CARRIED] = moments.offsets
    return frame


def find_wanted(names: Sequence[str], intake: Findings) -> None:
    """Raise `HlhcliError` with the nearest names for a marker that no row has."""
    if not names:
        return
    combinations = intake.combinations
    cells = [
        [texts.texts[code] for texts, code in zip(combinations.texts, key, strict=True)]
        for key in combinations.keys
    ]
    found = pd.DataFrame({"marker": pd.Series([intake.form.marker(one) for one in cells], dtype="str")})
    selection.find_markers(found, names)
