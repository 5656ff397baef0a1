"""How good a model is, on arrays of firms (模型验证): ranking, calibration, drift, groups; deterministic to the byte."""
