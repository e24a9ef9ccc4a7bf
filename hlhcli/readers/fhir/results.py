"""Observations to rows: every quantity, with its limit, unit and normal range.

As https://hl7.org/fhir/R4/observation.html describes them; DSTU2 and STU3 are read as far as
they have the same elements. Subjects are the ids of the patients, never their names.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from hlhcli.errors import HlhcliError
from hlhcli.readers.delimited import Table
from hlhcli.readers.fhir.entries import Entry, found, load
from hlhcli.readers.fhir.json_parts import Resource, items, record, subject_of, text_of, unit_of
from hlhcli.readers.notes import note
from hlhcli.readers.offsets import drop_offsets
from hlhcli.readers.source import Content
from hlhcli.readers.typed import make_table

LABORATORY = "laboratory"
VOID = {"entered-in-error", "cancelled"}
COLUMNS = ("subject", "marker", "time", "value", "unit", "reference_low", "reference_high", "placement")


@dataclass(frozen=True)
class Result:
    """One measured quantity: an observation's own, or that of one of its components."""

    line: int
    observation: Resource
    code: Resource
    holder: Resource


def labs_of(contents: Sequence[Content]) -> Table:
    """Every quantity of the observations: laboratory ones where there are any, else all.

    Notes count what was not used: other categories, results that are codes or words, results
    without a time, and entries that were withdrawn. Raises `HlhcliError` for JSON that is not
    FHIR and for times of one patient in several time zones.
    """
    name, place, entries = load(contents)
    observations = [entry for entry in entries if entry.kind == "Observation"]
    if not observations:
        raise HlhcliError(f"{name}: {found(entries)}, but no Observation; expected laboratory results")
    kept = _drop(name, observations, lambda item: str(item.resource.get("status")) in VOID, "withdrawn")
    results = [result for entry in _only_laboratory(name, kept) for result in _results(entry)]
    results = _drop(name, results, lambda item: not _is_number_or_absent(item.holder), "codes or words")
    results = _drop(name, results, lambda item: not _time(item.observation), "without a time")
    if not results:
        raise HlhcliError(f"{name}: no observation has a quantity and a time")
    names = _marker_names([result.code for result in results])
    rows = [_lab_row(result, names[_code_key(result.code)]) for result in results]
    table = make_table(name, place, COLUMNS, rows, [result.line for result in results])
    return drop_offsets(table, ["time"])


def result_times(entries: Sequence[Entry]) -> list[tuple[str, str]]:
    """Subject and time of every observation."""
    observations = [entry.resource for entry in entries if entry.kind == "Observation"]
    return [(subject_of(observation), _time(observation)) for observation in observations]


def _results(entry: Entry) -> Iterator[Result]:
    observation = entry.resource
    components = [part for part in items(observation.get("component")) if isinstance(part, dict)]
    has_own = any(key.startswith("value") for key in observation) or "dataAbsentReason" in observation
    if has_own or not components:
        yield Result(entry.line, observation, record(observation.get("code")), observation)
    for part in components:
        yield Result(entry.line, observation, record(part.get("code")), part)


def _only_laboratory(name: str, entries: list[Entry]) -> list[Entry]:
    laboratory = [entry for entry in entries if LABORATORY in _categories(entry.resource)]
    if laboratory and len(laboratory) < len(entries):
        others = {kind for entry in entries for kind in _categories(entry.resource)} - {LABORATORY}
        listed = ", ".join(sorted(others)) or "no category"
        count = len(entries) - len(laboratory)
        note(f"{name}: {count} observations are not laboratory results ({listed}) and were not used")
    return laboratory or entries


def _categories(resource: Resource) -> set[str]:
    concepts = resource.get("category", [])  # one concept in DSTU2, a list since STU3
    codings = [coding for concept in items(concepts) for coding in items(record(concept).get("coding"))]
    return {str(coding.get("code", "")).lower() for coding in codings if isinstance(coding, dict)}


def _is_number_or_absent(holder: Resource) -> bool:
    kinds = {key for key in holder if key.startswith("value")}
    return (
        not kinds
        or bool(kinds & {"valueQuantity", "valueInteger"})
        or _looks_numeric(holder.get("valueString"))
    )


def _looks_numeric(text: Any) -> bool:  # noqa: ANN401 - any JSON
    return isinstance(text, str) and text.strip().lstrip("<>=≤≥ ")[:1].isdigit()


def _lab_row(result: Result, marker: str) -> tuple[str, ...]:
    quantity = record(result.holder.get("valueQuantity"))
    number = quantity.get("value", result.holder.get("valueInteger", result.holder.get("valueString", "")))
    comparator = str(quantity.get("comparator", ""))
    unit = unit_of(quantity)
    low, high = _range(result.holder, unit)
    value = f"{comparator}{number}" if number != "" else ""
    return (
        subject_of(result.observation),
        marker,
        _time(result.observation),
        value,
        unit,
        low,
        high,
        _placement(result),
    )


def _placement(result: Result) -> str:
    """What `hlhcli.writers` noted about the date: ``placement: inferred``."""
    texts = [str(record(note).get("text", "")) for note in items(result.observation.get("note"))]
    return next((text.removeprefix("placement: ") for text in texts if text.startswith("placement: ")), "")


def _range(holder: Resource, unit: str) -> tuple[str, str]:
    """The one normal range in the value's own unit; none where there are several."""
    ranges = [record(item) for item in items(holder.get("referenceRange"))]
    normal = [item for item in ranges if _is_normal(item) and _in_unit(item, unit)]
    if len(normal) != 1:
        return "", ""
    low, high = (record(normal[0].get(end)).get("value", "") for end in ("low", "high"))
    return str(low), str(high)


def _is_normal(item: Resource) -> bool:
    kind = record(item.get("type"))  # a list of concepts in STU3 too; no type means normal
    codes = {str(record(coding).get("code", "")) for coding in items(kind.get("coding"))}
    return ("low" in item or "high" in item) and (not codes or "normal" in codes)


def _in_unit(item: Resource, unit: str) -> bool:
    units = {unit_of(record(item.get(end))) for end in ("low", "high") if end in item}
    return not units - {"", unit}


def _time(resource: Resource) -> str:
    period = record(resource.get("effectivePeriod"))
    times = (resource.get("effectiveDateTime"), resource.get("effectiveInstant"), period.get("start"))
    return str(next(filter(None, times), ""))


def _marker_names(codes: Sequence[Resource]) -> dict[str, str]:
    """One name for each code: its first text, with the code where two codes share a text."""
    first: dict[str, str] = {}
    for code in codes:
        first.setdefault(_code_key(code), text_of(code))
    shared = Counter(first.values())
    return {key: f"{text} ({key})" if shared[text] > 1 else text for key, text in first.items()}


def _code_key(code: Resource) -> str:
    coding = record(next(iter(items(code.get("coding"))), {}))
    return str(coding.get("code") or code.get("text", ""))


def _drop(name: str, items: list[Any], unusable: Callable[[Any], bool], reason: str) -> list[Any]:
    kept = [item for item in items if not unusable(item)]
    if len(kept) < len(items):
        note(f"{name}: {len(items) - len(kept)} of {len(items)} results are {reason} and were not used")
    return kept
