"""Claims: numbers that a manuscript states, recomputed from the data."""

from hlhcli.claims.places import Ground
from hlhcli.claims.table import read_claims
from hlhcli.claims.verdicts import AGREES, DISAGREES, UNKNOWN, VERIFIED, verify

__all__ = ["AGREES", "DISAGREES", "UNKNOWN", "VERIFIED", "Ground", "read_claims", "verify"]
