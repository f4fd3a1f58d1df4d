#!/bin/sh
# What this pod alone knows, its address, then the image's own start.
#   start.sh FILES SECRET
# FILES: the release's ConfigMap. SECRET: a folder that may hold pjsip_trunk.conf. Variables: NODE_NAME,
# NODE_ADDRESS, POD_NAME, ASTERISK_RUN, ASTERISK_LOCAL_NETS.
set -eu
umask 077
files=$1 secret=$2
extra=$ASTERISK_RUN/extra

mkdir -p "$extra"
cp "$files"/*.conf "$extra"
if [ -f "$secret/pjsip_trunk.conf" ]; then
    cp "$secret/pjsip_trunk.conf" "$extra/pjsip_secret.conf"
fi

# The address that the other side is told to send to; the last line that fits counts.
address=''
while read -r name value; do
    case $name in '*' | "$NODE_NAME" | "$POD_NAME") address=$value ;; esac
done <"$files/addresses"
if [ "$address" = node ]; then address=$NODE_ADDRESS; fi
# The image puts it into the UDP transport; the others are made by this template.
{
    echo '[pod-address](!)'
    if [ -n "$address" ]; then
        echo "external_signaling_address = $address"
        echo "external_media_address = $address"
        for net in $ASTERISK_LOCAL_NETS; do echo "local_net = $net"; done
    fi
} >"$extra/pod_address.conf"

export ASTERISK_EXTERNAL="$address" ASTERISK_EXTRA="$extra"
exec asterisk-start
