"""The level of AI education of schools: surveyed, rated, evaluated fuzzily, audited, and answered with advice."""
