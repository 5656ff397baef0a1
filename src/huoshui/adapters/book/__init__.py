"""The book in columns (信贷组合计算): reading, allocating, writing and drawing it."""
