"""Files into records, and the jobs of long ones."""
