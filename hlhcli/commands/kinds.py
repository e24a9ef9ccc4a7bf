"""Which figure a command line asks for."""

from hlhcli.errors import HlhcliError


def choose_kind(**asked: bool) -> str:
    """The one kind of figure that is asked for, ``course`` where none is.

    >>> choose_kind(timeline=True, change=False)
    'timeline'
    """
    kinds = [kind for kind, is_asked in asked.items() if is_asked]
    if len(kinds) > 1:
        flags = " and ".join(f"--{kind.replace('_', '-')}" for kind in kinds)
        raise HlhcliError(f"{flags} are different pictures: choose one")
    return kinds[0] if kinds else "course"


OF_CHANGES = ("change", "before_after")
APPLIES = {
    "--intervention": OF_CHANGES,
    "--at": OF_CHANGES,
    "--baseline": OF_CHANGES,
    "--same-day": OF_CHANGES,
    "--until": OF_CHANGES,
    "--before": (*OF_CHANGES, "aligned"),
    "--after": (*OF_CHANGES, "aligned"),
    "--relative-to": ("course", "timeline", "aligned", "swimmer", "score"),
    "--continuous": ("course", "timeline", "score"),
    "--log/--linear": ("course", "timeline", "before_after", "aligned", "show"),
    "--width": ("course", "timeline", "change", "before_after", "aligned", "swimmer", "score"),
    "--variation": ("change",),
    "--clinical": (),
    "--carry": (),
    "--ddimer-scheme": (),
}
"""The kinds of figure that each option has a say in."""


def require_use(kind: str, **given: bool) -> None:
    """Raise for an option that was given but has no say in this kind of figure.

    >>> require_use("change", **{"--at": True, "--continuous": False})
    """
    idle = [option for option, is_given in given.items() if is_given and kind not in APPLIES[option]]
    if idle:
        them = "it" if len(idle) == 1 else "them"
        what = "the course of markers" if kind == "course" else f"--{kind.replace('_', '-')}"
        raise HlhcliError(f"{' and '.join(idle)} would change nothing in {what}: leave {them} out")
