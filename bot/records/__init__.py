"""What is kept of calls: records in a database, recordings, webhooks."""
