#!/bin/sh
# Asterisk in a container, called like the program itself: the paths are the same inside as outside.
#   asterisk-docker -V                                   its version
#   asterisk-docker -fn  -C RUN/etc/asterisk.conf        starts the container; ends when it ends
#   asterisk-docker -rnx COMMAND -C RUN/etc/asterisk.conf    asks the one that runs
# scripts/asterisk fills in the two names below and puts this file into the cache.
set -eu
docker=@DOCKER@
image=@IMAGE@

conf='' remote='' before=''
for word; do
    case $before in -C) conf=$word ;; esac
    case $word in -r*) remote=yes ;; esac
    before=$word
done

if [ -z "$conf" ]; then
    exec "$docker" run --rm --pull never --network none "$image" asterisk "$@"
fi
run=${conf%/etc/asterisk.conf}
name=voicebot-$(printf %s "$run" | sha256sum | cut -c 1-16)

if [ -n "$remote" ]; then
    terminal=''
    if [ -t 0 ] && [ -t 1 ]; then terminal=-it; fi
    exec "$docker" exec $terminal "$name" asterisk "$@"
fi

sounds=$(sed -n 's/^BOT_SOUNDS = //p' "$run/etc/bot_local.conf")
# No log of the engine's own: callers' numbers stay in the run directory. No rights that a phone
# exchange does not need; SELinux would else ask for new labels on the user's folders.
exec "$docker" run --rm --pull never --name "$name" --log-driver none \
    --network host --userns host --user "$(id -u):$(id -g)" \
    --read-only --tmpfs /tmp --cap-drop ALL \
    --security-opt no-new-privileges --security-opt label=disable \
    --mount "type=bind,source=$run,target=$run" \
    --mount "type=bind,source=$sounds,target=$sounds,readonly" \
    --workdir "$run" --env "HOME=$run" \
    "$image" asterisk "$@"
