"""Items of government, quality, satisfaction and vetoes: who is in charge, the county's figures, evidence."""
