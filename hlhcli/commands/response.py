"""Published response definitions around interventions."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from hlhcli import renderers, selection
from hlhcli.commands.case import Case
from hlhcli.commands.terminal import abilities
from hlhcli.criteria.responses import ResponseDefinition, responses
from hlhcli.output import write
from hlhcli.request import WindowRules


def respond(
    case: Case, interventions: Sequence[str], definitions: Sequence[ResponseDefinition], rules: WindowRules
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The responses and their items; windows know all interventions, the result only those asked for."""
    chosen = selection.find_interventions(case.interventions, interventions)
    result = responses(case.series, case.interventions, definitions, rules)
    if not chosen:
        return result
    levels, items = (frame[frame["intervention"].isin(chosen)].reset_index(drop=True) for frame in result)
    return levels, items


def write_responses(
    result: tuple[pd.DataFrame, pd.DataFrame],
    definitions: Sequence[ResponseDefinition],
    file_format: str,
    target: Path | None,
    *,
    items: bool,
) -> None:
    """Render the responses, or their items, and write them."""
    levels, details = result
    if file_format != "table":
        write(renderers.render(details if items else levels, file_format), target)
        return
    from hlhcli.renderers.listing import render_blocks
    from hlhcli.renderers.responses import CLOSING, response_blocks

    write(render_blocks(response_blocks(levels, details, definitions), CLOSING, **abilities(target)), target)
