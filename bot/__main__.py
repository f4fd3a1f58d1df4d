"""`python -m bot` is `voicebot`."""

from bot.cli import main

raise SystemExit(main())
