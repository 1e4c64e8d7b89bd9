"""The endpoints of operations: what one request, job or import changed, and taking it back."""
