"""Registers as files: read, imported, standardised and screened (登记数据)."""
