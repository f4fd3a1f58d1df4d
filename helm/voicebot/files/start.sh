#!/bin/sh
# What this pod alone knows, its address, then the image's own start.
#   start.sh FILES SECRET
# FILES: the release's ConfigMap. SECRET: a folder that may hold pjsip_trunk.conf. Variables: NODE_NAME,
# NODE_ADDRESS, POD_NAME, POD_ADDRESS, ASTERISK_RUN, ASTERISK_LOCAL_NETS,
# ASTERISK_EXTERNAL_SIGNALLING.
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
# Asterisk puts it in the place of an address that is in one of these networks: ours must be, wherever pods live.
ASTERISK_LOCAL_NETS="$ASTERISK_LOCAL_NETS $POD_ADDRESS"
# The image puts it into the UDP transport; the others are made by this template.
{
    echo '[pod-address](!)'
    if [ -n "$address" ]; then
        if [ "$ASTERISK_EXTERNAL_SIGNALLING" = yes ]; then echo "external_signaling_address = $address"; fi
        echo "external_media_address = $address"
        for net in $ASTERISK_LOCAL_NETS; do echo "local_net = $net"; done
    fi
} >"$extra/pod_address.conf"

export ASTERISK_EXTERNAL="$address" ASTERISK_EXTRA="$extra" ASTERISK_LOCAL_NETS
exec asterisk-start
