"""What a reader is told about the placements of inferred dates: one note per marker and window."""

from collections.abc import Mapping
from typing import NamedTuple

from hlhcli.wording import count


class Spread(NamedTuple):
    """What the placements leave open of one change."""

    placements: int
    same_sign: int
    open: str  # such as ``×0.847–4.49``; empty where all agree
    known: bool  # whether there is a change in the declared reading


def placements_note(spread: Mapping[str, Spread]) -> dict[str, str]:
    """One note about all response points, by name; none where there is but one placement.

    >>> placements_note({"first": Spread(12, 12, "", True), "last": Spread(12, 12, "", True)})
    {'12 placements of inferred dates: the same change in all': ''}
    >>> placements_note({"first": Spread(9, 7, "×0.5–2.0", True), "last": Spread(9, 9, "", True)})
    {'9 placements of inferred dates: first ×0.5–2.0, the same sign in 7; last the same change in all': ''}
    """
    shown = {point: part for point, part in spread.items() if part.known}
    number = max((part.placements for part in spread.values()), default=1)
    if number == 1 or not shown:
        return {}
    points: dict[str, list[str]] = {}
    for point, part in shown.items():
        points.setdefault(_said(part), []).append(point)
    if len(points) == 1 and len(shown) == len(spread):
        text = next(iter(points))
    else:
        text = "; ".join(f"{', '.join(names)} {said}" for said, names in points.items())
    return {f"{count(number)} placements of inferred dates: {text}": ""}


def _said(part: Spread) -> str:
    share = "all" if part.same_sign == part.placements else count(part.same_sign)
    return f"{part.open}, the same sign in {share}" if part.open else f"the same change in {share}"
