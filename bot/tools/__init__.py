"""A tenant's own services, as tools of the model: over HTTP and over MCP."""
