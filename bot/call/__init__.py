"""One telephone call: listening, deciding whose turn it is, replying. It knows no network."""
