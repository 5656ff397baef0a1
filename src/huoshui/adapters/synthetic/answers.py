"""What a screening of synthetic registers is measured against (真值表): the verdict on each row, and where lost rows belong."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa

from huoshui.adapters.synthetic import columns
from huoshui.adapters.synthetic.draws import Flags, Ints
from huoshui.adapters.synthetic.noise import CODE_WORDS, HARD_WORDS, NAME_WORDS, Written
from huoshui.adapters.synthetic.tables import RegistryRows
from huoshui.adapters.synthetic.truth import REASONS, SIZES, TAGS, Evidence, Kept, Truth, judge
from huoshui.terms import Reason, RegisterKind

EXACT_DUPLICATE: Final = "D01"
_DUPLICATE_BIT: Final = 1 << len(REASONS)


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of one register with the firm each is about (登记行的归属): a place in the batch."""

    kind: RegisterKind
    firm: Ints
    row_id: Ints
    written: Written
    place: Ints | None = None

    @property
    def is_usable(self) -> Flags:
        """Which rows carry a usable key (代码可用的行)."""
        return self.written.is_usable if self.place is None else self.written.is_usable[self.place]


def kept_by_key(*, tax: Written, loans: Written, exclusions: Written) -> Kept:
    """The evidence that a screening by key alone finds (仅凭代码可关联的记录)."""
    return Kept(tax.is_usable, loans.is_usable, exclusions.is_usable)


def usable_firms(evidence: Evidence, *, full: Truth, by_key: Kept, current: Written, registers: list[Rows]) -> Flags:
    """Firms whose verdict does not hang on linking by name (判定不依赖名称关联的主体).

    Namesakes are usable only where no row of either has a bad code: such a row could be linked to the wrong one.
    """
    firms = evidence.firms
    has_bad = np.zeros(len(firms), bool)
    for rows in registers:
        has_bad[rows.firm[~rows.is_usable]] = True
    partner = np.minimum(np.arange(len(firms)) ^ 1, len(firms) - 1)
    in_doubt = firms.has_namesake & (has_bad | has_bad[partner])
    return np.asarray(current.is_usable & full.agrees(judge(evidence, kept=by_key)) & ~in_doubt)


def truth_table(evidence: Evidence, *, rows: RegistryRows, row_id: Ints, truth: Truth, is_usable: Flags) -> pa.Table:
    """The verdict on each row of the registry (逐行真值)."""
    firm = rows.firm
    current = current_rows(rows, row_id)
    reasons = np.where(rows.is_older, 1 << REASONS.index(Reason.SUPERSEDED), truth.reasons[firm])
    reasons[rows.is_repeated] = _DUPLICATE_BIT
    is_extra = rows.is_older | rows.is_repeated
    usable = np.where(rows.is_repeated, rows.written.is_usable, is_usable[firm])
    usable[rows.is_older] &= rows.written.is_usable[rows.is_older]
    return pa.table({
        "row_id": pa.array(row_id),
        "is_listed": pa.array(truth.is_listed[firm] & ~is_extra),
        "reasons": _lists([*(x.value for x in REASONS), EXACT_DUPLICATE], reasons),
        "tags": _lists([x.value for x in TAGS], truth.tags[firm]),
        "firm": pa.array(evidence.firms.number[firm]),
        "usable_key": pa.array(usable.astype(bool)),
        "duplicate_of": pa.array(current[firm], mask=~is_extra),
        "size_class": columns.words([x.value for x in SIZES], place=truth.size[firm]),
        "is_active": pa.array(truth.is_active[firm]),
        "has_loan": pa.array(truth.has_loan[firm]),
        "has_namesake": pa.array(evidence.firms.has_namesake[firm]),
    })  # fmt: skip


def current_rows(rows: RegistryRows, row_id: Ints) -> Ints:
    """The row_id of each firm's current record (现行登记行)."""
    return row_id[~rows.is_older & ~rows.is_repeated]


def links(evidence: Evidence, *, registers: list[Rows], current: Ints) -> pa.Table:
    """Where each row without a usable key belongs (无可用代码行的归属)."""
    return pa.concat_tables(_links(evidence, rows, current) for rows in registers)


def _links(evidence: Evidence, rows: Rows, current: Ints) -> pa.Table:
    lost = np.flatnonzero(~rows.is_usable)
    firm, written = rows.firm[lost], rows.written
    place = lost if rows.place is None else rows.place[lost]
    kinds = [x.value for x in RegisterKind]
    return pa.table({
        "register": columns.words(kinds, place=np.full(len(lost), kinds.index(rows.kind.value))),
        "row_id": pa.array(rows.row_id[lost]),
        "firm": pa.array(evidence.firms.number[firm]),
        "registry_row_id": pa.array(current[firm]),
        "has_namesake": pa.array(evidence.firms.has_namesake[firm]),
        "code_noise": columns.words(CODE_WORDS, place=written.code_noise[place]),
        "name_noise": columns.words(NAME_WORDS, place=written.name_noise[place]),
        "hard_noise": columns.words(HARD_WORDS, place=written.hard_noise[place]),
        "is_moved": pa.array(written.county[place] != evidence.firms.county[firm]),
    })  # fmt: skip


def _lists(words: list[str], bits: Ints) -> pa.Array:
    """Bits as lists of words, in the order of the words."""
    distinct, place = np.unique(bits, return_inverse=True)
    lists = [[word for i, word in enumerate(words) if value >> i & 1] for value in distinct.tolist()]
    return pa.array(lists, pa.list_(pa.string())).take(pa.array(place))
