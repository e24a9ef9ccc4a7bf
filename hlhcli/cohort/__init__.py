"""What the changes of several subjects have in common: counts, medians, quartiles and shares.

Each module answers one question with pure functions on frames or arrays. Nothing here tests a
hypothesis, estimates beyond the subjects at hand or says what led to what.
"""

from hlhcli.cohort.answers import describe_cohort
from hlhcli.cohort.columns import COLUMNS, READ, READ_IF_THERE
from hlhcli.cohort.masking import LEAST_MASK, MASKED, mask_small

__all__ = ["COLUMNS", "LEAST_MASK", "MASKED", "READ", "READ_IF_THERE", "describe_cohort", "mask_small"]
