"""Taking changes back: fields of a record to what they were, whole operations as if they had not
been.

`former_values` makes changes of values that records once had, `field_restoring` sets those of one
record.

Called by: jobs, operations and the interfaces. It never writes but by the write path, and never
takes back what its caller may not change.
"""

from .field_restoring import Then, restore_fields

__all__ = ["Then", "restore_fields"]
