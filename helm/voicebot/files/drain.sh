#!/bin/sh
# Kubernetes' preStop: no new calls, and those that are up may end. Ends with the last one, together
# with Asterisk; when the grace period is over, Kubernetes ends both.
#   drain.sh ASTERISK.CONF
# New calls get 503, so that who sent them asks another Asterisk. `core stop gracefully` would refuse new
# channels, too: a caller whom the bot hands to a person, or whose bot is lost, would hear that nobody is there.
asterisk -C "$1" -rx 'dialplan add extension s,1,Hangup(34) into bot replace' || exit 0
asterisk -C "$1" -rx 'core stop when convenient' || exit 0
while asterisk -C "$1" -rx 'core show uptime' >/dev/null 2>&1; do sleep 1; done
