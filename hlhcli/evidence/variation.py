"""How much a marker varies in healthy people: within-subject (CVi) and analytical (CVa) variation.

The facts are rows of ``facts/variation.csv``, each from a journal paper. A marker that has no
row there has no figure with a source: nothing is said about its changes unless the user gives
a figure.
"""

from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

from hlhcli import facts, markers

DESIRABLE = 0.5
"""The analytical variation that is desirable, as a share of CVi; it stands in for an unknown CVa."""


class Variation(NamedTuple):
    """Coefficients of variation of one marker, in per cent."""

    cvi: float
    cva: float
    assumed: bool
    """Whether CVa is half of CVi (the desirable specification) because none was given."""
    source: str


Given = Mapping[str, tuple[float | None, float | None, str]]
"""What a user states, by `hlhcli.markers.key`: CVi, CVa (None: not stated) and where they are from."""


def variation_of(marker: str, given: Given) -> Variation | None:
    """The variation of a marker by any of its names; None where no sourced CVi is known.

    What the user gives stands before the facts. A CVa alone goes with the CVi of the facts.

    >>> variation_of("D-dimer", {}).cvi, variation_of("ESR", {})
    (21.2, None)
    """
    key = markers.key(marker)
    cvi, cva, source = given.get(key, (None, None, ""))
    known = _facts().get(key)
    if cvi is None and known is None:
        return None
    if cvi is None and known is not None:
        cvi, source = known[0], "; CVa: ".join(filter(None, (known[1], source)))
    assert cvi is not None
    return Variation(cvi, DESIRABLE * cvi if cva is None else cva, cva is None, source)


@cache
def _facts() -> dict[str, tuple[float, str]]:
    rows = facts.rows("variation")
    return {row["marker"]: (float(row["cvi_percent"]), row["source"]) for row in rows}
