"""Stands in the way of a library that the tools of the tests need and no installation has."""

raise ImportError
