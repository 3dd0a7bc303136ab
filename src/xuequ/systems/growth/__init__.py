"""Growth 增值评价: how much pupils progress, not only how they score."""
