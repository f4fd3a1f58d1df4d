"""A telephone for tests, demonstrations and `voicebot dial`: it calls the bot as a caller does."""
