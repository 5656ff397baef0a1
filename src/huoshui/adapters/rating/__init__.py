"""A register of firms is rated in columns (批量评级): the same figures as the one-firm rules, many firms at a time."""
