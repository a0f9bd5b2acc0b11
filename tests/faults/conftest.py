"""Fixtures of the faults that need a real browser."""

from tests.journeys.conftest import browser

__all__ = ["browser"]
