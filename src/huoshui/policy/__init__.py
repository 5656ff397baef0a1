"""The law as dated data (政策数据): what is in force in a region on a day, and who says so."""

from huoshui.policy.check import Finding, check_files
from huoshui.policy.files import Dated, names, regions_by_name
from huoshui.policy.reading import Citation, Policy, bind, bind_table, read, read_history

__all__ = [
    "Citation", "Dated", "Finding", "Policy", "bind", "bind_table", "check_files", "names", "read", "read_history",
    "regions_by_name",
]  # fmt: skip
