"""Mutation testing: small faults are put into the code one at a time, and the tests must notice.

`python -m tests.mutation` runs it; a survivor is a fault that no test would see.
"""
