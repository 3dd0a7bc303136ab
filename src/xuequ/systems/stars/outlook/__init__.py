"""The internal pre-assessment 预评估: how probable each star is."""
