"""Files of records: listed, and sent and fetched under signed links."""
