#!/bin/sh
# Writes what kamailio.cfg reads from the environment, refuses what is wrong, and becomes Kamailio.
#   start.sh        what the container runs
#   start.sh -c     checks only; words are passed on to Kamailio
# The variables and their meaning: ../README.md.
set -eu
umask 077

refuse() {
    echo "kamailio: $*" >&2
    exit 2
}

# is PATTERN VARIABLE VALUE WHAT_TO_DO: refuse a value that is not of this form as a whole.
is() {
    printf '%s\n' "$3" | grep -Eqx -e "$1" || refuse "$2=$3: $4"
}

# port VARIABLE VALUE
port() {
    is '[0-9]{1,5}' "$1" "$2" "give a port from 1 to 65535"
    [ "$2" -ge 1 ] && [ "$2" -le 65535 ] || refuse "$1=$2: give a port from 1 to 65535"
}

# number VARIABLE VALUE
number() {
    is '[1-9][0-9]{0,5}' "$1" "$2" "give a whole number from 1 to 999999"
}

ipv4='(25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])(\.(25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])){3}'
network="$ipv4(/([12]?[0-9]|3[0-2]))?"
host='[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?'

export SIP_ADDRESS="${SIP_ADDRESS-}"
export SIP_PORT="${SIP_PORT-5060}"
export SIP_TLS_PORT="${SIP_TLS_PORT-5061}"
export SIP_INSIDE_PORT="${SIP_INSIDE_PORT-5080}"
export SIP_HTTP_PORT="${SIP_HTTP_PORT-9494}"
export SIP_CALLS_A_SECOND="${SIP_CALLS_A_SECOND-100}"
export SIP_PING_SECONDS="${SIP_PING_SECONDS-5}"
asterisks=${SIP_ASTERISKS-}
calls=${SIP_CALLS_OF_AN_ASTERISK-200}
asterisk_networks=${SIP_ASTERISK_NETWORKS-}
provider_networks=${SIP_PROVIDER_NETWORKS-}
providers=${SIP_PROVIDERS-}
watch_networks=${SIP_WATCH_NETWORKS-}
tls=${SIP_TLS-no}
certificates=${SIP_TLS_FOLDER-/etc/voicebot-sip-tls}
shared=${SIP_SHARED_MB-256}
folder=${SIP_RUN-/run/voicebot-sip}
program=${SIP_PROGRAM-kamailio}

is "$ipv4" SIP_ADDRESS "$SIP_ADDRESS" "give the IPv4 address of this machine to listen on"
for variable in SIP_PORT SIP_TLS_PORT SIP_INSIDE_PORT SIP_HTTP_PORT; do
    eval "port $variable \"\$$variable\""
done
number SIP_CALLS_A_SECOND "$SIP_CALLS_A_SECOND"
number SIP_PING_SECONDS "$SIP_PING_SECONDS"
number SIP_SHARED_MB "$shared"
number SIP_CALLS_OF_AN_ASTERISK "$calls"
is 'yes|no' SIP_TLS "$tls" "say yes or no"

# The address that providers reach: this node's in SIP_PUBLIC_ADDRESSES, else the one we listen on.
export SIP_PUBLIC="$SIP_ADDRESS"
for pair in ${SIP_PUBLIC_ADDRESSES-}; do
    is "$host=$ipv4" SIP_PUBLIC_ADDRESSES "$pair" "give NODE=ADDRESS, with blanks between"
    if [ "${pair%%=*}" = "${SIP_NODE-}" ]; then
        SIP_PUBLIC=${pair#*=}
    fi
done

mkdir -p "$folder"
export SIP_ADDRESS_LIST="$folder/address.list"
export SIP_DISPATCHER_LIST="$folder/dispatcher.list"
export SIP_TLS_CONFIG="$folder/tls.cfg"

# networks GROUP VARIABLE NETWORKS: lines of address.list.
networks() {
    for each in $3; do
        is "$network" "$2" "$each" "give IPv4 networks such as 203.0.113.0/28, with blanks between"
        case $each in
            */*) echo "$1 ${each%/*} ${each#*/}" ;;
            *) echo "$1 $each 32" ;;
        esac
    done
}

[ -n "$provider_networks" ] || refuse "SIP_PROVIDER_NETWORKS is empty: whose calls are to be taken?"
[ -n "$asterisk_networks" ] || refuse "SIP_ASTERISK_NETWORKS is empty: where are the Asterisks?"
{
    networks 1 SIP_PROVIDER_NETWORKS "$provider_networks"
    networks 2 SIP_ASTERISK_NETWORKS "$asterisk_networks"
    networks 3 SIP_WATCH_NETWORKS "$SIP_ADDRESS 127.0.0.1 $watch_networks"
} > "$SIP_ADDRESS_LIST"

# What counts an Asterisk's calls is its name, without the domain.
[ -n "$asterisks" ] || refuse "SIP_ASTERISKS is empty: give HOST:PORT of each, with blanks between"
{
    for each in $asterisks; do
        is "$host:[0-9]{1,5}" SIP_ASTERISKS "$each" "give HOST:PORT of each, with blanks between"
        name=${each%:*}
        case $name in
            *[!0-9.]*) name=${name%%.*} ;;
            *) name=$each ;;
        esac
        echo "1 sip:$each 0 0 duid=$name;maxload=$calls"
    done
    priority=100
    for each in $providers; do
        is "$host:[0-9]{1,5}(;transport=(udp|tcp|tls))?" SIP_PROVIDERS "$each" \
            "give HOST:PORT or HOST:PORT;transport=tcp|tls of each, the best first"
        case $each in
            *=tcp) socket=outside-tcp ;;
            *=tls) socket=outside-tls ;;
            *) socket=outside ;;
        esac
        [ "$socket" != outside-tls ] || [ "$tls" = yes ] || refuse "SIP_PROVIDERS=$each: set SIP_TLS=yes"
        echo "2 sip:$each 0 $priority sockname=$socket"
        priority=$((priority - 1))
    done
} > "$SIP_DISPATCHER_LIST"
[ -z "$(cut -d' ' -f1,2 "$SIP_DISPATCHER_LIST" | sort | uniq -d)" ] ||
    refuse "SIP_ASTERISKS or SIP_PROVIDERS names one twice"

if [ "$tls" = yes ]; then
    for file in tls.crt tls.key; do
        [ -r "$certificates/$file" ] || refuse "SIP_TLS=yes, but $certificates/$file cannot be read"
    done
    {
        echo "[server:default]"
        echo "method = TLSv1.2+"
        echo "certificate = $certificates/tls.crt"
        echo "private_key = $certificates/tls.key"
        # With ca.crt, a provider must show a certificate of that authority.
        if [ -r "$certificates/ca.crt" ]; then
            echo "ca_list = $certificates/ca.crt"
            echo "verify_certificate = yes"
            echo "require_certificate = yes"
        fi
        echo "[client:default]"
        echo "method = TLSv1.2+"
        echo "certificate = $certificates/tls.crt"
        echo "private_key = $certificates/tls.key"
        echo "ca_list = ${SIP_TLS_AUTHORITIES-/etc/ssl/certs/ca-certificates.crt}"
        echo "verify_certificate = yes"
    } > "$SIP_TLS_CONFIG"
    set -- -A WITH_TLS "$@"
fi

# Setting a call up and ending it takes 34 KB of shared memory for some seconds, and for as long as it
# rings; a call that is up takes its Call-ID. Without any left, no call comes through.
# -DD: stay in the foreground; -E: the log goes to standard error.
exec "$program" -DD -E -m "$shared" -M 8 -Y "$folder" -f "${SIP_CONFIG-/etc/voicebot-sip/kamailio.cfg}" "$@"
