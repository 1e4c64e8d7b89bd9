"""Acting on many records at once: bulk changes, imports, exports, and the jobs that carry them
out."""
