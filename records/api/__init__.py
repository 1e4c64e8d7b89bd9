"""The REST APIs: one module or package each, over what they share."""
