"""Learning a points table from firms with a known outcome (训练评分表): cells, a penalised fit, pairs, calibration."""
