#!/bin/sh
# Kubernetes' preStop: no new calls, and those that are up may end. Ends with the last one, together
# with Asterisk; when the grace period is over, Kubernetes ends both.
#   drain.sh ASTERISK.CONF
asterisk -C "$1" -rx 'core stop gracefully' || exit 0
while asterisk -C "$1" -rx 'core show uptime' >/dev/null 2>&1; do sleep 1; done
