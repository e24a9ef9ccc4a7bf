"""The scores of a case, as figures show them."""

from collections.abc import Sequence

import pandas as pd

from hlhcli.commands.case import Case
from hlhcli.commands.score import choose_scheme, read_statements
from hlhcli.criteria import find_definitions, scores
from hlhcli.figures import Score
from hlhcli.reading import ReadingOptions


def statements(labs: str | None, clinical: str | None, case: Case, reading: ReadingOptions) -> pd.DataFrame:
    """The clinical items that belong to the case."""
    found = read_statements(labs, clinical, case.series, reading)
    return found[found["subject"].isin(case.series["subject"])]


def scores_of(
    case: Case, stated: pd.DataFrame, names: Sequence[str], *, carry: str | None, scheme: str | None
) -> list[Score]:
    """Score the case at every day by each definition, in the order asked for."""
    definitions = list(dict.fromkeys(find_definitions(list(names))))
    schemes = choose_scheme(definitions, scheme)
    totals, _ = scores(case.series, stated, definitions, carry=carry, schemes=schemes)
    return [Score.by(one, totals) for one in definitions]
