"""That what is installed from a commit stays the same, whatever is released later."""
