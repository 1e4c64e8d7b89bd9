"""Records: objects with typed fields, and everything that happens to their records."""
