"""Law as pure functions (规则): values in, values out; no clock, file, network or framework."""
