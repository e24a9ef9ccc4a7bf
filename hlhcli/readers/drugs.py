"""The drugs of a record that `--drug` names."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from hlhcli.errors import HlhcliError, fold, nearest
from hlhcli.readers.notes import note


@dataclass(frozen=True)
class Drug:
    """A drug as a record names it, and its codes."""

    name: str
    codes: tuple[str, ...]


def choose_drugs(source: str, drugs: Sequence[Drug], wanted: Sequence[str]) -> list[Drug]:
    """The drugs whose name holds a wanted one, in any case, or whose code it is; all for none wanted.

    Raises `HlhcliError` with the nearest names for one that names no drug.

    >>> choose_drugs("a.json", [Drug("Lisinopril 10 MG", ("314076",))], ["lisinopril"])
    [Drug(name='Lisinopril 10 MG', codes=('314076',))]
    """
    distinct = list(dict.fromkeys(drugs))
    if not wanted:
        return distinct
    chosen: dict[Drug, None] = {}
    for name in wanted:
        matches = [
            drug for drug in distinct if name in drug.codes or (fold(name) and fold(name) in fold(drug.name))
        ]
        if not matches:
            raise HlhcliError(
                f"{source}: no drug '{name}'; {nearest(name, [drug.name for drug in distinct])}"
            )
        chosen |= dict.fromkeys(matches)
    return list(chosen)


def note_repeats(source: str, courses: Sequence[tuple[str, str]]) -> None:
    """Say, of (subject, drug) of each record, that repeated ones count as starts of their own."""
    repeated = {pair: count for pair, count in Counter(courses).items() if count > 1}
    if repeated:
        (subject, drug), count = max(repeated.items(), key=lambda item: item[1])
        note(
            f"{source}: each record counts as a start, such as {count} of {drug} in subject {subject}; "
            "--course-gap 30d takes records at most 30 days apart as one course"
        )
