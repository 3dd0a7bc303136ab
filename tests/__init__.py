"""Tests mirror ``src/xuequ``; the engines' matrices are small, so that threads of the BLAS would only wait."""

import os

for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ.setdefault(_name, "1")
