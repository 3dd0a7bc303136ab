"""What happened: assessments and results, factors, runs and indicators. Appended, corrected by newer facts, never rewritten."""
