"""The district's data office: what comes in, from whom, and how it is undone."""
