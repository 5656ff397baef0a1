"""Knock-outs of a bank product (准入规则): a decision table over a firm's facts, of which every failed row is told.

A row says what one fact must be. It is met, not met, or not known: a fact that is missing never passes, and the row names the
evidence that would settle it. Facts are whole numbers (fen, basis points, months, counts) or words. Two readers share the
table: `KnockOuts` here for one firm, and an expression for a register (adapters/rating/knock_outs.py).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from huoshui.errors import BadPolicyFile, BadRequest
from huoshui.rules.screening import GRADES, STATUSES
from huoshui.terms import Tristate

Value = int | str | None
Facts = Mapping[str, Value]
CODED: Final[Mapping[str, tuple[str, ...]]] = {"tax_grade": GRADES, "register_status": tuple(x.value for x in STATUSES)}
MOST_RULES: Final = 62
_LOW: Final = -(2**62)
_HIGH: Final = 2**62


@dataclass(frozen=True, slots=True)
class KnockOut:
    """One row (准入规则): the fact lies from `at_least` to `at_most`, is `one_of` some values, or is `none_of` them.

    `otherwise` is what a firm is that does not pass: NOT_MET, or NOT_KNOWN where the fact measures how much evidence there is.
    `settle_zh` and `settle_en` name the evidence that settles a row that is not known.
    """

    rule: str
    fact: str
    zh: str
    en: str
    settle_zh: str
    settle_en: str
    at_least: int | None = None
    at_most: int | None = None
    one_of: tuple[int | str, ...] = ()
    none_of: tuple[int | str, ...] = ()
    unit: str = ""
    otherwise: Tristate = Tristate.NOT_MET

    @property
    def listed(self) -> frozenset[int | str]:
        """The listed values, and for a fact that has codes the codes of its words (列举值); empty for a span."""
        words = CODED.get(self.fact, ())
        given = (*self.one_of, *self.none_of)
        return frozenset((*given, *(words.index(x) for x in given if isinstance(x, str) and x in words)))

    @property
    def known(self) -> frozenset[int | str]:
        """The values that a fact with codes can have (已知取值), any other is not known; empty for a fact without codes."""
        words = CODED.get(self.fact, ())
        return frozenset((*words[1:], *range(1, len(words))))

    @property
    def expected(self) -> str:
        """What passes, in the fact's unit, for a reader (通过条件)."""
        if self.one_of:
            return "∈ " + ", ".join(map(str, self.one_of))
        if self.none_of:
            return "∉ " + ", ".join(map(str, self.none_of))
        if self.at_least is not None and self.at_most is not None:
            return f"{self.at_least}..{self.at_most}"
        return f"≥ {self.at_least}" if self.at_least is not None else f"≤ {self.at_most}"


@dataclass(frozen=True, slots=True)
class Finding:
    """A row that a firm does not pass (未通过的规则): NOT_MET or NOT_KNOWN, with the value that was found."""

    rule: KnockOut
    verdict: Tristate
    value: Value


class KnockOuts:
    """A product's rows made ready for one firm after the other (准入规则读取器). Raises BadPolicyFile."""

    __slots__ = ("_rows", "_unknown", "rules")

    def __init__(self, rules: Sequence[KnockOut]) -> None:
        self.rules = tuple(rules)
        _check(self.rules)
        self._rows = tuple(_prepared(i, x) for i, x in enumerate(self.rules))
        self._unknown = tuple(Finding(x, Tristate.NOT_KNOWN, None) for x in self.rules)

    def bits(self, facts: Facts) -> tuple[int, int]:
        """The rows not met and the rows not known, one bit a row (规则位). Raises BadRequest for a fact of another kind."""
        failed = unknown = 0
        for fact, low, high, listed, wanted, known, bit, as_failed, as_unknown in self._rows:
            value = facts.get(fact)
            if value is None:
                unknown |= bit
            elif listed is None:
                if not isinstance(value, int):
                    raise BadRequest(f"the fact {fact} must be a whole number; got {value!r}", field=fact)
                if not low <= value <= high:
                    failed |= as_failed
                    unknown |= as_unknown
            elif known and value not in known:
                unknown |= bit
            elif (value in listed) is not wanted:
                failed |= as_failed
                unknown |= as_unknown
        return failed, unknown

    def findings(self, facts: Facts, *, failed: int, unknown: int) -> tuple[Finding, ...]:
        """Every row whose bit is set, in the order of the table (逐条结论)."""
        found, left = [], failed | unknown
        while left:
            bit = left & -left
            left ^= bit
            place = bit.bit_length() - 1
            rule = self.rules[place]
            value = facts.get(rule.fact)
            if value is None:
                found.append(self._unknown[place])
            else:
                found.append(Finding(rule, Tristate.NOT_MET if failed & bit else Tristate.NOT_KNOWN, value))
        return tuple(found)

    def check(self, facts: Facts) -> tuple[Finding, ...]:
        """Every row that the firm does not pass (检查准入): empty where all are met."""
        failed, unknown = self.bits(facts)
        return self.findings(facts, failed=failed, unknown=unknown) if failed | unknown else ()


def check_knock_outs(facts: Facts, *, rules: Sequence[KnockOut]) -> tuple[Finding, ...]:
    """Every rule that a firm does not pass (检查准入). For many firms keep a KnockOuts. Raises as KnockOuts does."""
    return KnockOuts(rules).check(facts)


_Listed = frozenset[int | str]
_Row = tuple[str, int, int, _Listed | None, bool, _Listed, int, int, int]


def _prepared(place: int, rule: KnockOut) -> _Row:
    bit = 1 << place
    fails = rule.otherwise is Tristate.NOT_MET
    low = _LOW if rule.at_least is None else rule.at_least
    high = _HIGH if rule.at_most is None else rule.at_most
    listed = rule.listed or None
    return rule.fact, low, high, listed, bool(rule.one_of), rule.known, bit, bit if fails else 0, 0 if fails else bit


def _check(rules: Sequence[KnockOut]) -> None:
    if len(rules) > MOST_RULES or len({x.rule for x in rules}) != len(rules):
        raise BadPolicyFile(f"a product has at most {MOST_RULES} knock-outs, each under a name of its own")
    for x in rules:
        tests = (x.at_least is not None or x.at_most is not None) + bool(x.one_of) + bool(x.none_of)
        if tests != 1:
            raise BadPolicyFile(f"the knock-out {x.rule} must have one test: a span, one_of or none_of", field=x.rule)
        if x.otherwise is Tristate.MET:
            raise BadPolicyFile(f"the knock-out {x.rule} cannot be met by what does not pass it", field=x.rule)
        words = CODED.get(x.fact, ())
        strange = [v for v in (*x.one_of, *x.none_of) if words and v not in words]
        if strange:
            raise BadPolicyFile(f"{strange[0]} is no value of {x.fact}; expected {', '.join(words[1:])}", field=x.rule)
