"""What the people who run the bot see: metrics, health, logs, doctor."""
