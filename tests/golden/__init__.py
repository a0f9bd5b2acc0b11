"""Letters as they are expected, to be read in review; written by ``python -m tests.golden``."""
