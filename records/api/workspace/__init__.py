"""The Workspace API: `/api/v2/w/{workspace}/...`."""
