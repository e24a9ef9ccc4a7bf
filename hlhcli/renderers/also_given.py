"""The line under a block's heading that names the other interventions."""

import pandas as pd

from hlhcli.renderers.reading import Block
from hlhcli.times import instants

Key = tuple[str, str, int]


def also_given(changes: pd.DataFrame) -> dict[Key, str]:
    """For each window the co-interventions of its latest response; empty where the frame has none."""
    if "co_interventions" not in changes:
        return {}
    found: dict[Key, str] = {}
    key = zip(changes["subject"], changes["intervention"], instants(changes["start"]).tolist(), strict=True)
    for window, text in zip(key, changes["co_interventions"], strict=True):
        found[window] = max(found.get(window, ""), text, key=len)
    return found


def line(block: Block, found: dict[Key, str]) -> list[str]:
    """The line for a block, or no line."""
    text = found.get((block.subject, block.intervention, block.moment), "")
    return [f"also given: {text}"] if text else []
