"""Defaults of an export, apart from what imports numpy or torch: the command line's help states them."""

DEFAULT_IOS = 16
"""The least iOS that a Core ML model must run on, unless another is asked for."""
