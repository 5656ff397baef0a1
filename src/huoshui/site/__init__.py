"""The site (站点): settings and addresses, wiring only."""
