"""Screening of a region's registers (筛查): from register files to verdicts, a visit list, and a summary with its basis."""
