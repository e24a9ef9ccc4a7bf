"""What a definition is made of: rows with thresholds, gathered into criteria."""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cached_property

PLAIN = "value"
RELATIONS = (
    PLAIN,
    "value / reference_high",
    "value / reference_low",
    "value - reference_high",
    "value / baseline",
)
"""What a rule may compare with its threshold; limits are those beside the value."""

ROLES = ("counted", "required", "sufficient", "setting")


@dataclass(frozen=True)
class Limit:
    """A threshold in one of the units that it was published in."""

    threshold: Decimal
    unit: str

    @property
    def exact(self) -> Fraction:
        """The threshold as a fraction."""
        return Fraction(self.threshold)


@dataclass(frozen=True)
class Condition:
    """A second comparison without which a rule does not apply: ``age < 4 weeks``."""

    item: str
    edge: str
    limit: Limit


@dataclass(frozen=True)
class Rule:
    """One row of a definition."""

    item: str
    line: int
    edge: str = ""  # empty for a rule that only weighs its value
    limits: tuple[Limit, ...] = ()
    of: str = PLAIN
    only_if: Condition | None = None
    points: int | None = None
    coefficient: Decimal | None = None
    over: Limit | None = None  # the divisor's unit; its threshold is unused
    over_item: str = ""
    is_yes: bool = False

    @property
    def unit(self) -> str:
        """The first published unit."""
        return self.limits[0].unit if self.limits else ""

    @property
    def words(self) -> str:
        """The threshold as published: ``>= 3.0 mmol/L (265 mg/dL)``."""
        if self.is_yes:
            return "yes"
        if self.coefficient is not None:
            return self._weight()
        first, *others = [f"{limit.threshold} {limit.unit}".strip() for limit in self.limits]
        relation = self.of.replace("value ", "").replace("/ ", "× ").replace("- ", "above ")
        relation = relation.replace("reference_high", "ULN").replace("reference_low", "LLN")
        words = f"{self.edge} {first}" + ("" if self.of == PLAIN else f" {relation}")
        words += f" ({', '.join(others)})" if others else ""
        condition = self.only_if
        if condition is None:
            return words
        limit = condition.limit
        return f"{words}, if {condition.item} {condition.edge} {limit.threshold} {limit.unit}"

    def _weight(self) -> str:
        unit = f" per {self.unit}" if self.unit else ""
        return (
            f"/ {self.over_item} ({self.unit} / {self.over.unit})"
            if self.over
            else f"× {self.coefficient}{unit}"
        )


@dataclass(frozen=True, eq=False)
class Criterion:
    """Rules that are answered together: a band of points, a number of items, or a weight."""

    name: str
    rules: tuple[Rule, ...]
    source: str
    confidence: str
    role: str = "counted"
    need: int = 1
    points: int = 1
    points_by_count: tuple[int, ...] = ()
    stated_yes: str = ""
    stated_no: str = ""
    scheme: str = ""
    note: str = ""

    @property
    def items(self) -> tuple[str, ...]:
        """The items of its rules; several rules of one item are alternatives and count once."""
        return tuple(dict.fromkeys(rule.item for rule in self.rules))

    @property
    def banded(self) -> bool:
        """Whether each rule has its own points, of which the first that is met counts."""
        return self.rules[0].points is not None

    @property
    def weighed(self) -> bool:
        """Whether the value itself enters the score, times a coefficient."""
        return self.rules[0].coefficient is not None


@dataclass(frozen=True)
class Cutoff:
    """When a score, or the points of some of its criteria, is positive."""

    edge: str
    threshold: Decimal
    of: tuple[str, ...] = ()

    @property
    def exact(self) -> Fraction:
        """The threshold as a fraction."""
        return Fraction(self.threshold)


@dataclass(frozen=True)
class Bracket:
    """The published probability of scores up to a limit."""

    up_to: Fraction
    percent: str


@dataclass(frozen=True, eq=False)
class Definition:
    """One published definition, or a user's own."""

    name: str
    title: str
    source: str
    confidence: str
    setting: str
    counts: str
    positive: Cutoff
    criteria: tuple[Criterion, ...]
    file: str
    subtotal: Cutoff | None = None
    probability: tuple[Bracket, ...] = ()
    default_scheme: str = ""
    note: str = ""

    @cached_property
    def schemes(self) -> tuple[str, ...]:
        """Names of the alternatives that a local laboratory has to choose from; usually none."""
        return tuple(dict.fromkeys(one.scheme for one in self.criteria if one.scheme))

    def under(self, scheme: str | None) -> tuple[Criterion, ...]:
        """The criteria that apply under a scheme; None: the definition's default."""
        chosen = scheme or self.default_scheme
        return tuple(one for one in self.criteria if one.scheme in ("", chosen))

    @property
    def items(self) -> tuple[str, ...]:
        """Every item that the definition looks at."""
        rules = [rule for one in self.criteria for rule in one.rules]
        named = [
            name for rule in rules for name in (rule.item, rule.over_item, _condition_item(rule)) if name
        ]
        stated = [name for one in self.criteria for name in (one.stated_yes, one.stated_no) if name]
        return tuple(dict.fromkeys([*named, *stated]))


def _condition_item(rule: Rule) -> str:
    return rule.only_if.item if rule.only_if else ""
