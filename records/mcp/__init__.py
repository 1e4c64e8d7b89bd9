"""The records for AI agents: tools over the Model Context Protocol. Workspaces are bases here,
objects record types."""
