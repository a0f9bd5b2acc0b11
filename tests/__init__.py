"""The suite: real rows, real databases, a real browser; only the clock is replaced."""
