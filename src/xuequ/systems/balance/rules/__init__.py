"""The rules in versions: shown, changed into a new version, adopted; the rule for weak schools."""
