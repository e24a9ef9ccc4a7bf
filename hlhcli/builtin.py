"""The built-in example: Table 1 of Behrens et al., J Rheumatol 2006;33:2081-4."""

from pathlib import Path

_PACKAGE = Path(__file__).parent
_DATA = next(path for path in (_PACKAGE / "data", _PACKAGE.parent / "data") if path.is_dir())
"""The wheel carries the checkout's ``data`` folder inside the package; there is one copy."""

TABLE1 = _DATA / "table1.csv"
TABLE1_INTERVENTIONS = _DATA / "interventions.csv"
TABLE1_EVENTS = _DATA / "events.csv"
TABLE1_CLINICAL = _DATA / "clinical.csv"
TABLE1_CLAIMS = _DATA / "claims.csv"
