"""Medications to interventions: what was given, else what was ordered."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from hlhcli.errors import HlhcliError
from hlhcli.readers.delimited import Table
from hlhcli.readers.drugs import Drug, choose_drugs, note_repeats
from hlhcli.readers.fhir.entries import Entry, load
from hlhcli.readers.fhir.json_parts import Resource, items, record, subject_of, text_of, unit_of
from hlhcli.readers.fhir.results import result_times
from hlhcli.readers.notes import note
from hlhcli.readers.offsets import drop_offsets
from hlhcli.readers.source import Content
from hlhcli.readers.typed import make_table

VOID = {"entered-in-error", "cancelled", "not-done", "draft"}
NOT_GIVEN = {"proposal", "plan"}
REQUESTS = ("MedicationRequest", "MedicationOrder")  # the second is DSTU2's name
COLUMNS = ("subject", "intervention", "start", "stop", "dose", "route", "note")


def interventions_of(contents: Sequence[Content], drugs: Sequence[str]) -> Table:
    """Administrations, else requests, of the drugs that ``drugs`` names (all, when it is empty).

    A drug that is known only as ordered starts when the order was written, which a note says.
    """
    name, place, entries = load(contents)
    found = list(_medications(entries))
    if not found:
        raise HlhcliError(f"{name}: no MedicationAdministration or MedicationRequest to take as intervention")
    chosen = _prefer_given(name, _choose(name, found, drugs))
    lines = {item.row: item.line for item in reversed(chosen)}
    rows = list(dict.fromkeys(item.row for item in chosen))
    note_repeats(name, [(row[0], row[1]) for row in rows])
    table = make_table(name, place, COLUMNS, rows, [lines[row] for row in rows])
    return drop_offsets(table, ["start", "stop"], result_times(entries))


@dataclass(frozen=True)
class Medication:
    """One record of a drug: given, or only ordered."""

    line: int
    name: str
    codes: tuple[str, ...]
    ordered: bool
    row: tuple[str, ...]


def _choose(name: str, found: Sequence[Medication], drugs: Sequence[str]) -> list[Medication]:
    chosen = set(choose_drugs(name, [Drug(item.name, item.codes) for item in found], drugs))
    return [item for item in found if Drug(item.name, item.codes) in chosen]


def _prefer_given(name: str, found: Sequence[Medication]) -> list[Medication]:
    """Without the orders of drugs that the same patient is known to have been given."""
    given = {(item.row[0], item.name) for item in found if not item.ordered}
    kept = [item for item in found if not item.ordered or (item.row[0], item.name) not in given]
    ordered = sum(item.ordered for item in kept)
    if ordered:
        note(f"{name}: {ordered} starts are the time of the order, not of the first dose")
    return kept


def _medications(entries: Sequence[Entry]) -> Iterator[Medication]:
    by_address = {key: entry.resource for entry in entries for key in _addresses(entry)}
    for entry in entries:
        resource = entry.resource
        kind = entry.kind
        withdrawn = str(resource.get("status")) in VOID or str(resource.get("intent")) in NOT_GIVEN
        if kind not in (*REQUESTS, "MedicationAdministration") or withdrawn:
            continue
        concept = _concept(resource, by_address)
        codings = [record(coding) for coding in items(concept.get("coding"))]
        codes = tuple(str(coding["code"]) for coding in codings if "code" in coding)
        drug, ordered = text_of(concept), kind in REQUESTS
        row = _request_row(resource, drug) if ordered else _administration_row(resource, drug)
        yield Medication(entry.line, drug, codes, ordered, row)


def _addresses(entry: Entry) -> tuple[str, str]:
    return entry.address, f"{entry.resource.get('resourceType')}/{entry.resource.get('id')}"


def _concept(resource: Resource, by_address: Mapping[str, Resource]) -> Resource:
    """The drug's concept: the resource's own, that of a contained or of another resource."""
    if "medicationCodeableConcept" in resource:
        return record(resource["medicationCodeableConcept"])
    link = record(resource.get("medicationReference"))
    reference = str(link.get("reference", ""))
    contained = {f"#{record(item).get('id')}": record(item) for item in items(resource.get("contained"))}
    target = contained.get(reference) or by_address.get(reference) or {}
    return record(target.get("code")) or {"text": link.get("display", reference)}


def _administration_row(resource: Resource, drug: str) -> tuple[str, ...]:
    period, dosage = record(resource.get("effectivePeriod")), record(resource.get("dosage"))
    start = str(resource.get("effectiveDateTime") or period.get("start") or "")
    dose, route = _amount(record(dosage.get("dose"))), text_of(record(dosage.get("route")))
    return subject_of(resource), drug, start, str(period.get("end", "")), dose, route, _first_note(resource)


def _request_row(resource: Resource, drug: str) -> tuple[str, ...]:
    instruction = record(next(iter(items(resource.get("dosageInstruction"))), {}))
    rate = record(next(iter(items(instruction.get("doseAndRate"))), instruction))
    dose, route = _amount(record(rate.get("doseQuantity"))), text_of(record(instruction.get("route")))
    start = str(resource.get("authoredOn") or resource.get("dateWritten") or "")
    return subject_of(resource), drug, start, "", dose, route, _first_note(resource)


def _amount(quantity: Resource) -> str:
    return f"{quantity.get('value', '')} {unit_of(quantity)}".strip()


def _first_note(resource: Resource) -> str:
    return "; ".join(str(record(note).get("text", "")) for note in items(resource.get("note")))
