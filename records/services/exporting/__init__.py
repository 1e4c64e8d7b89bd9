"""Exporting records as tables."""
