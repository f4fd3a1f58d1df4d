"""Tools over HTTP and MCP."""
