"""The core: the only package that writes, and where permissions and rules are decided."""
