"""How fast Records is beside the least Django could do: `make bench`, explained in this folder's
README."""
