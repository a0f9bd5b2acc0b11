"""The core: the office's words, rules, storage and figures. It knows no request and no face."""

__version__ = "0.1.0"
