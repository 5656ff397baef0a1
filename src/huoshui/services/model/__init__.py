"""Models of record: trained, validated, compared, approved, watched (评级模型)."""
