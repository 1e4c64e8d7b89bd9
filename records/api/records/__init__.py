"""The Records API: `/api/records/...`."""
