"""Settings of all tests."""

import os

# Linear algebra on several threads waits for all of them: where cores are shared, fits take ten times as long.
for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ.setdefault(name, "1")
