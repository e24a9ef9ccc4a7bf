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
