"""Second ratings: what raters see and write, without what others gave."""
