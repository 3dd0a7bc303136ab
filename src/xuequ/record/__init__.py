"""What happened: results, factors, runs, indicators. Appended, corrected by newer facts, never rewritten."""
