"""Work killed at random moments, and what is found afterwards; each kind of work is a ``Case``."""
