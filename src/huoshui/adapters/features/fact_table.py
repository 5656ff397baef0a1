"""The kernel's figures as an Arrow table (发票汇总表)."""

import numpy as np
import pyarrow as pa

from huoshui.adapters.features.fold import NONE, Ints, Places
from huoshui.rules.features_invoices import FACTS, SHARED


def fact_table(facts: Ints, *, firms: Places) -> pa.Table:
    """Figures as the expression's invoice_facts (发票汇总表): a row for each place in `firms`, NULL where not known.

    Columns are those of FACTS, then of SHARED.
    """
    columns = np.ascontiguousarray(facts.T)
    arrays = [pa.array(x, mask=missing if (missing := x == NONE).any() else None) for x in columns]
    return pa.table([pa.array(firms), *arrays], ["firm", *FACTS, *SHARED])
