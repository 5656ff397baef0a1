"""Whose invoices they are (发票主体): which of seller and buyer is the firm, and which the counterparty."""

import re
from collections.abc import Mapping as Map
from dataclasses import dataclass, field
from typing import Final

_SALE: Final = re.compile(r"销项|销售|开出|sale|output|issued", re.IGNORECASE)
_PURCHASE: Final = re.compile(r"进项|采购|购进|取得|purchase|input|received", re.IGNORECASE)
_OWN: Final = ("uscc", "register_no", "name")
_PARTIES: Final = {"seller_id": "uscc", "seller_name": "name", "buyer_id": "uscc", "buyer_name": "name"}
_OTHERS: Final = {"uscc": "counterparty_id", "name": "counterparty_name"}


@dataclass(frozen=True, slots=True)
class Settled:
    """Headings with their fields (已定主体的列), the direction where it is the same for all rows, and what to check."""

    fields: dict[str, str]
    constants: dict[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def settle_parties(found: Map[str, str], *, file_name: str) -> Settled:
    """Turn seller and buyer into firm and counterparty (确定发票主体).

    The file's name tells sales from purchases. Else: a firm with its own column has the counterparty in the other; without
    one, the seller is taken to be the firm.
    """
    present = set(found.values())
    has_direction = "direction" in present
    direction = "purchase" if _PURCHASE.search(file_name) else "sale" if _SALE.search(file_name) else None
    has_own = any(x in present for x in _OWN)
    sides = {x.split("_", 1)[0] for x in present if x in _PARTIES}
    guessed = direction is None
    if direction is None:
        direction = "purchase" if has_own and sides == {"seller"} else "sale"
    firm_side = "seller" if direction == "sale" else "buyer"
    fields = {heading: _field(name, firm_side, has_own=has_own, present=present) for heading, name in found.items()}
    notes = []
    if guessed and not has_direction:
        notes.append(f"按{'销项' if direction == 'sale' else '进项'}发票处理 (taken to be {direction} invoices; see constants)")
    constants = {} if has_direction else {"direction": direction}
    return Settled({x: y for x, y in fields.items() if y is not None}, constants, tuple(notes))


def _field(name: str, firm_side: str, *, has_own: bool, present: set[str]) -> str | None:
    if name not in _PARTIES:
        return name
    side, own = name.split("_", 1)[0], _PARTIES[name]
    if side == firm_side:
        return None if own in present or (has_own and own == "uscc" and "register_no" in present) else own
    other = _OTHERS[own]
    return None if other in present else other
