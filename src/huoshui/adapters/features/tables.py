"""The tables that the features' expression names (特征用表): whole numbers and NULLs only, one bucket of firms or a register.

firms          one row a firm
invoice_facts  one row a firm that has invoices, a column a name in FACTS
"""

from typing import Final

import ibis
import ibis.expr.types as ir

from huoshui.rules.features_invoices import FACTS

FIRMS: Final = {"firm": "int32"}
TABLES: Final = {
    "firms": FIRMS,
    "invoice_facts": {"firm": "int32", **dict.fromkeys(FACTS, "int64")},
}


def unbound(name: str) -> ir.Table:
    """One of the tables by name (未绑定表)."""
    return ibis.table(TABLES[name], name=name)
