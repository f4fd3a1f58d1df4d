"""A SIP softphone, to call the bot as a caller does."""
