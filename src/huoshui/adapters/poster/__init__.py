"""Printed matter with a loan code on it (贷款码印制品): an A4 poster, and a sheet of visit cards."""
