"""Shaping a workspace over HTTP: objects, fields, options, categories, stages, people and
rights."""
