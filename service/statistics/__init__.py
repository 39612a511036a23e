"""Statistics of measures over instances: bootstrap intervals, pattern entropy, and two cases beside each other."""
