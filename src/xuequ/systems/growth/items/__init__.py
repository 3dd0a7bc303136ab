"""Item results 小题得分: what a paper measured, what was not learnt, and what to do on Monday."""
