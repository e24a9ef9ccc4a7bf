"""Published definitions as data: scores and criteria over time, responses and grades.

Every threshold stands in a file with its edge, unit and source; the code evaluates rows, in
three values (met, not met, unknown) and with exact numbers.
"""

from hlhcli.criteria.loading import builtin, find_definitions, load_definition
from hlhcli.criteria.scores import ITEMS, SCORES, scores

__all__ = ["ITEMS", "SCORES", "builtin", "find_definitions", "load_definition", "scores"]
