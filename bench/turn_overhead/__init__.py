"""What the bot itself adds to a turn: real bot, scripted services with known delays, many calls."""
