"""Growth 增值评价: value-added models and growth percentiles."""
