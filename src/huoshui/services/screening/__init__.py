"""Screening of a region's registers (筛查): from register files to verdicts, a visit list, and a summary with its basis."""

from huoshui.services.screening.run import ScreeningRequest, screen_registers

__all__ = ["ScreeningRequest", "screen_registers"]
