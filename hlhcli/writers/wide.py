"""Wide CSV, as papers print it: markers down, times across."""

import numpy as np
import pandas as pd

from hlhcli.errors import HlhcliError, bullet_list
from hlhcli.renderers.machine import to_delimited
from hlhcli.writers.parts import (
    BESIDE,
    MAIN,
    Files,
    is_filled,
    number_text,
    refuse_filled,
    time_texts,
    values,
)
from hlhcli.writers.tidy import interventions_table

KEY = ["subject", "marker", "unit"]


def files(series: pd.DataFrame, interventions: pd.DataFrame | None, separator: str = ",") -> Files:
    """The labs, and the interventions (one row each) beside them."""
    refuse_filled("a wide table", series, "placement")
    labs = {MAIN: to_delimited(_spread(series), separator).encode()}
    if interventions is None:
        return labs
    return labs | {BESIDE: to_delimited(interventions_table(interventions), separator).encode()}


def _spread(series: pd.DataFrame) -> pd.DataFrame:
    """One row for each subject, marker and unit, one column for each time."""
    cells = series.assign(cell=values(series)).drop_duplicates([*KEY, "time", "cell"])
    cells = cells[(cells["cell"] != "") | ~cells.duplicated([*KEY, "time"], keep=False)]
    _refuse_several(cells)
    heads = _heads(series)
    order = np.sort(cells["time"].unique())
    names = time_texts(pd.Series(order, dtype=series["time"].dtype))
    table = cells.pivot(index=KEY, columns="time", values="cell").reindex(columns=order)  # noqa: PD010 - nothing is averaged
    table = table.reindex(pd.MultiIndex.from_frame(heads[KEY])).fillna("").set_axis(names, axis="columns")
    spread = pd.concat([heads, table.reset_index(drop=True)], axis="columns")
    return spread.drop(columns=[name for name in spread.columns[:5] if not is_filled(heads[name])])


def _heads(series: pd.DataFrame) -> pd.DataFrame:
    """The first columns: subject, marker, unit and the one range of each."""
    ranges = series[[*KEY, "reference_low", "reference_high"]].drop_duplicates(ignore_index=True)
    several = ranges[ranges.duplicated(KEY)]
    if len(several):
        listed = [f"{marker}" for marker in several["marker"].unique()]
        raise HlhcliError(
            "a wide table holds one reference range of each marker, and these have several; convert to tidy\n"
            + bullet_list(listed)
        )
    texts = {
        name: [number_text(value) for value in ranges[name]] for name in ("reference_low", "reference_high")
    }
    return ranges.assign(**texts)


def _refuse_several(cells: pd.DataFrame) -> None:
    several = cells[cells.duplicated([*KEY, "time"])]
    if len(several):
        listed = [
            f"{marker} at {time}"
            for marker, time in zip(several["marker"], time_texts(several["time"]), strict=True)
        ]
        raise HlhcliError(
            "a wide table holds one value for each marker and time, and there are several; convert to tidy\n"
            + bullet_list(listed)
        )
