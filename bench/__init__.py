"""Measured loads, each printing its ratio to a baseline measured in the same run."""
