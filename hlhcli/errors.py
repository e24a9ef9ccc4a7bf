"""The one kind of error that a user can act on, and the words to say it in."""

import difflib
import os
from collections.abc import Iterable, Sequence

SHOWN = 10


class HlhcliError(Exception):
    """The input or the data is at fault: one message, exit code 1.

    The message says where, what was found, what was expected and what to do.
    """


def reason_of(error: OSError) -> str:
    """What the system says of an error, also where a library has put it into words of its own.

    >>> reason_of(OSError(28, "Error writing bytes to file"))
    'No space left on device'
    """
    return os.strerror(error.errno) if error.errno else error.strerror or str(error)


def nearest(name: str, known: Iterable[str]) -> str:
    """Return the closing words of an "unknown name" message: the nearest names, else all.

    >>> nearest("feritin", ["ferritin", "ESR"])
    "did you mean 'ferritin'? known: ferritin, ESR"
    """
    names = list(dict.fromkeys(known))
    folded = {fold(candidate): candidate for candidate in names}
    close = difflib.get_close_matches(fold(name), folded, n=3, cutoff=0.6)
    guess = " or ".join(f"'{folded[match]}'" for match in close)
    listed = ", ".join(names[:20]) + (f", … ({len(names)} in all)" if len(names) > 20 else "")
    return f"did you mean {guess}? known: {listed}" if guess else f"known: {listed}"


def fold(name: str) -> str:
    """Reduce a name to its letters and digits in lower case, so that spellings compare equal.

    >>> fold("D-Dimer") == fold("d dimer")
    True
    """
    return "".join(filter(str.isalnum, name)).casefold()


def bullet_list(complaints: Sequence[str]) -> str:
    """Join complaints about single lines, the first ten and the count of the rest."""
    shown = [f"  {complaint}" for complaint in complaints[:SHOWN]]
    if len(complaints) > SHOWN:
        shown.append(f"  … and {len(complaints) - SHOWN} more")
    return "\n".join(shown)


class DataNote(UserWarning):
    """Something about the input that the reader of the result should know; nothing stops."""
