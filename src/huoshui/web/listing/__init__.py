"""One component for every list (列表): filter, search, sort, page, bulk acts, export and saved views; see docs/pages.md."""

from huoshui.web.listing.acts import BulkAct, ask_first, is_confirmed
from huoshui.web.listing.columns import Column
from huoshui.web.listing.filters import Choice, Days, Filter, Text, YesNo, firm_search
from huoshui.web.listing.listing import Listing

__all__ = [
    "BulkAct",
    "Choice",
    "Column",
    "Days",
    "Filter",
    "Listing",
    "Text",
    "YesNo",
    "ask_first",
    "firm_search",
    "is_confirmed",
]
