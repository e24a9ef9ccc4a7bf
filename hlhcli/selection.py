"""Names that a user types, matched to the names in the frames."""

import re
from collections.abc import Callable, Iterable, Sequence

import pandas as pd

from hlhcli import markers
from hlhcli.errors import HlhcliError, fold, nearest


def find_markers(series: pd.DataFrame, names: Sequence[str]) -> list[str]:
    """The frame's markers that these names mean: any alias or LOINC code, in any case.

    Raises `HlhcliError` with the nearest names for one that no marker of the frame has.
    """
    return _find("marker", series["marker"].unique(), names, _same_marker)


def find_interventions(interventions: pd.DataFrame, names: Sequence[str]) -> list[str]:
    """The frame's interventions that these names mean; one drug of ``a + b`` is enough."""
    return _find("intervention", interventions["intervention"].unique(), names, _same_intervention)


def find_subjects(series: pd.DataFrame, names: Sequence[str]) -> list[str]:
    """The frame's subjects that are called so exactly."""
    return _find("subject", series["subject"].unique(), names, str.__eq__)


def _find(
    kind: str, present: Iterable[str], names: Sequence[str], same: Callable[[str, str], bool]
) -> list[str]:
    present = list(present)
    chosen: dict[str, None] = {}
    for name in names:
        matches = [candidate for candidate in present if same(name, candidate)]
        if not matches:
            raise HlhcliError(f"no {kind} '{name}'; {nearest(name, present)}")
        chosen |= dict.fromkeys(matches)
    return list(chosen)


def _same_marker(name: str, candidate: str) -> bool:
    return markers.key(name) == markers.key(candidate)


def _same_intervention(name: str, candidate: str) -> bool:
    parts = re.split(r"\s*[+;/]\s*|\s+and\s+", candidate)
    return fold(name) in {fold(candidate), *map(fold, parts)}
