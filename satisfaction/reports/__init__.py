"""Figures written as files; each writer only serialises what ``counting`` has counted."""
