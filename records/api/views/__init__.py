"""Saved views of an object, in three lists of their parts, and the layout of its record pages."""
