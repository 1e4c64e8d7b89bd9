"""The yardstick: the same operations as bare Django views over one table of columns."""
