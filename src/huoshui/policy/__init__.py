"""The law as dated data (政策数据): what is in force in a region on a day, and who says so."""

from huoshui.policy.check import Finding, check_files
from huoshui.policy.reading import Citation, Dated, Policy, bind, bind_table, read

__all__ = ["Citation", "Dated", "Finding", "Policy", "bind", "bind_table", "check_files", "read"]
