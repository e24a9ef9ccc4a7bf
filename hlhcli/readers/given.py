"""Interventions from the command line, for the person who has one date and no second file."""

from collections.abc import Sequence

from hlhcli.errors import HlhcliError
from hlhcli.readers.delimited import Place, Table

OPTION = "--given"


def given_table(options: Sequence[str]) -> Table:
    """The table of interventions that ``--given`` options state.

    >>> given_table(["anakinra=2004-11-29..2004-12-14", "etoposide=2004-11-26"]).columns
    [['anakinra', 'etoposide'], ['2004-11-29', '2004-11-26'], ['2004-12-14', '']]
    """
    rows = [_split(option) for option in options]
    places = [Place(0, f'{OPTION} "{option}"') for option in options]
    words = ("intervention", "start", "stop")
    return Table(
        OPTION,
        list(words),
        [list(column) for column in zip(*rows, strict=True)],
        list(range(1, len(rows) + 1)),
        places=dict.fromkeys(words, places),
    )


def _split(option: str) -> tuple[str, str, str]:
    name, sign, span = option.rpartition("=")
    start, _, stop = span.partition("..")
    if not (sign and name.strip() and start.strip()):
        raise HlhcliError(
            f'{OPTION} "{option}" cannot be read; write NAME=START or NAME=START..STOP: '
            "anakinra=2004-11-29..2004-12-14"
        )
    return name.strip(), start.strip(), stop.strip()
