#!/bin/sh
# Writes Asterisk's configuration from the environment, then becomes Asterisk.
#   start.sh             what the container runs
#   start.sh --render    writes the configuration only
# The variables, their defaults and their meaning: docs/images.md.
set -eu
umask 077

run=${ASTERISK_RUN-/var/lib/voicebot-asterisk}
templates=${ASTERISK_TEMPLATES-/usr/share/voicebot-asterisk}
etc=$run/etc

refuse() {
    echo "asterisk: $*" >&2
    exit 2
}

line_break='
'
# of_form PATTERN VALUE: whether VALUE, one line, is of this form as a whole.
of_form() {
    case $2 in *"$line_break"*) return 1 ;; esac
    printf '%s\n' "$2" | grep -Eqx -e "$1"
}

# is PATTERN VARIABLE VALUE WHAT_TO_DO: refuse a value that is not of this form.
is() {
    of_form "$1" "$3" || refuse "$2=$3: $4"
}

bot_url=${ASTERISK_BOT_URL-http://bot:8080}
bind=${ASTERISK_BIND-0.0.0.0}
sip_port=${ASTERISK_SIP_PORT-5060}
rtp=${ASTERISK_RTP-10000-10399}
external=${ASTERISK_EXTERNAL-}
signalling=${ASTERISK_EXTERNAL_SIGNALLING-yes}
local_nets=${ASTERISK_LOCAL_NETS-127.0.0.0/8 10.0.0.0/8 172.16.0.0/12 192.168.0.0/16}
accounts=${ASTERISK_ACCOUNTS-6001 6002}
passwords=${ASTERISK_PASSWORDS-}
phone_nets=${ASTERISK_PHONE_NETS-127.0.0.0/8 10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 ::1/128 fc00::/7}
agents=${ASTERISK_AGENTS-PJSIP/6002}
fallback=${ASTERISK_FALLBACK-bot-agents,s,1}
metrics=${ASTERISK_METRICS-}
dials=${ASTERISK_DIALS-}
caller_id=${ASTERISK_CALLER_ID-}
ari=${ASTERISK_ARI-127.0.0.1:8088}
ari_nets=${ASTERISK_ARI_NETS-127.0.0.0/8 ::1/128}
trace=${ASTERISK_TRACE-no}

is 'https?://[^ ;]+' ASTERISK_BOT_URL "$bot_url" "give the bot's address, such as http://bot:8080"
is '[0-9A-Fa-f.:]+|\[[0-9A-Fa-f:]+\]' ASTERISK_BIND "$bind" "give an address, such as 0.0.0.0"
is '[0-9]{1,5}' ASTERISK_SIP_PORT "$sip_port" "give a UDP port, such as 5060"
is '[0-9]{4,5}-[0-9]{4,5}' ASTERISK_RTP "$rtp" "give FIRST-LAST, such as 10000-10399"
is '[A-Za-z0-9.:-]*' ASTERISK_EXTERNAL "$external" "give the address that phones send to, or nothing"
is 'yes|no' ASTERISK_EXTERNAL_SIGNALLING "$signalling" "give yes or no"
is '[0-9A-Fa-f.:/ ]*' ASTERISK_LOCAL_NETS "$local_nets" "give networks such as 10.0.0.0/8, with blanks between"
is '[A-Za-z0-9_ -]*' ASTERISK_ACCOUNTS "$accounts" "give names of letters, digits, _ and -, with blanks between"
is '[0-9A-Fa-f.:]+/[0-9]+( [0-9A-Fa-f.:]+/[0-9]+)*' ASTERISK_PHONE_NETS "$phone_nets" "give networks such as 10.0.0.0/8, with a blank between"
is '[A-Za-z0-9/_&@.:-]*' ASTERISK_AGENTS "$agents" "give phones such as PJSIP/6002&PJSIP/6003, or nothing"
is '([A-Za-z0-9_-]+,[A-Za-z0-9*#+_-]+,[0-9]+)?' ASTERISK_FALLBACK "$fallback" "give context,extension,priority, or nothing"
is '([0-9A-Fa-f.:]+:[0-9]{1,5})?' ASTERISK_METRICS "$metrics" "give ADDRESS:PORT, such as 0.0.0.0:8088, or nothing"
is '[][0-9(){}|,*+?.-]*' ASTERISK_DIALS "$dials" "give a regular expression of the numbers' digits, such as 91[0-9]{10}, or nothing"
is '(\+?[0-9]{3,15})?' ASTERISK_CALLER_ID "$caller_id" "give a number, such as +918040001000, or nothing"
is '[0-9A-Fa-f.:]+:[0-9]{1,5}' ASTERISK_ARI "$ari" "give ADDRESS:PORT, such as 127.0.0.1:8088"
is '[0-9A-Fa-f.:]+/[0-9]+( [0-9A-Fa-f.:]+/[0-9]+)*' ASTERISK_ARI_NETS "$ari_nets" "give networks such as 10.0.0.0/8, with a blank between"
is 'yes|no' ASTERISK_TRACE "$trace" "give yes or no"
rtp_first=${rtp%-*} rtp_last=${rtp#*-}
[ "$rtp_first" -ge 1024 ] && [ "$rtp_first" -lt "$rtp_last" ] && [ "$rtp_last" -le 65535 ] ||
    refuse "ASTERISK_RTP=$rtp: give FIRST-LAST between 1024 and 65535"

bot_token=${ASTERISK_BOT_TOKEN-}
if [ -n "${ASTERISK_BOT_TOKEN_FILE-}" ]; then
    [ -r "$ASTERISK_BOT_TOKEN_FILE" ] ||
        refuse "ASTERISK_BOT_TOKEN_FILE=$ASTERISK_BOT_TOKEN_FILE: no such file, or not to be read; mount the secret"
    bot_token=$(cat "$ASTERISK_BOT_TOKEN_FILE")
fi
of_form '[A-Za-z0-9._~+/=-]*' "$bot_token" ||
    refuse "ASTERISK_BOT_TOKEN: a bearer token has letters, digits and ._~+/=- only; choose another one"

ari_password=${ASTERISK_ARI_PASSWORD-}
if [ -n "${ASTERISK_ARI_PASSWORD_FILE-}" ]; then
    [ -r "$ASTERISK_ARI_PASSWORD_FILE" ] ||
        refuse "ASTERISK_ARI_PASSWORD_FILE=$ASTERISK_ARI_PASSWORD_FILE: no such file, or not to be read; mount the secret"
    ari_password=$(cat "$ASTERISK_ARI_PASSWORD_FILE")
fi
[ -z "$dials" ] || of_form '[^;[:space:]]{8,}' "$ari_password" ||
    refuse "ASTERISK_ARI_PASSWORD: with ASTERISK_DIALS the bot needs it; give 8 letters or more, no blank and no semicolon"

password() {
    if [ -n "$passwords" ]; then
        [ -r "$passwords/$1" ] ||
            refuse "ASTERISK_PASSWORDS=$passwords: no file $1 for account $1; add it, or leave $1 out of ASTERISK_ACCOUNTS"
        word=$(cat "$passwords/$1")
    else
        kept=$run/passwords/$1
        [ -s "$kept" ] || { head -c 18 /dev/urandom | base64 | tr '+/' '-_' > "$kept"; }
        word=$(cat "$kept")
    fi
    of_form '[^;[:space:]]{8,}' "$word" ||
        refuse "the password of account $1 is shorter than 8 letters, or has a blank or a semicolon in it"
}

mkdir -p "$etc" "$run/lib" "$run/spool" "$run/log" "$run/passwords" 2>/dev/null && [ -w "$etc" ] ||
    refuse "$run cannot be written by user $(id -u): mount a volume there that this user owns"
rm -f "$etc"/*.conf

if [ -n "$external" ]; then
    [ "$signalling" = no ] || printf 'external_signaling_address = %s\n' "$external"
    printf 'external_media_address = %s\n' "$external"
    # shellcheck disable=SC2086  # a list
    [ -z "$local_nets" ] || printf 'local_net = %s\n' $local_nets
fi > "$etc/external"

for account in $accounts; do
    password "$account"
    cat << END
[$account](softphone)
aors = $account
auth = $account
callerid = $account <$account>

[$account](softphone-auth)
username = $account
password = $word

[$account](softphone-aor)

END
done > "$etc/accounts"

metrics_on=no metrics_address=127.0.0.1 metrics_port=8088
[ -z "$metrics" ] || metrics_on=yes metrics_address=${metrics%:*} metrics_port=${metrics##*:}

# Metrics and ARI share one HTTP server.
http_on=$metrics_on http_address=$metrics_address http_port=$metrics_port ari_on=no ari_load=noload
if [ -n "$dials" ]; then
    http_on=yes ari_on=yes ari_load=load
    [ -n "$metrics" ] || http_address=${ari%:*} http_port=${ari##*:}
    printf 'deny = 0.0.0.0/0,::/0\npermit = %s\n' "$(printf %s "$ari_nets" | tr ' ' ',')"
fi > "$etc/ari-acl"

verbose=''
[ "$trace" = no ] || verbose=',verbose(3)'

escaped() { printf '%s' "$1" | sed 's/[&|\\]/\\&/g'; }
fill() {
    sed -e '/^@EXTERNAL@$/{' -e "r $etc/external" -e 'd' -e '}' \
        -e '/^@ARI_ACL@$/{' -e "r $etc/ari-acl" -e 'd' -e '}' \
        -e '/^@ACCOUNTS@$/{' -e "r $etc/accounts" -e 'd' -e '}' \
        -e "s|@RUN@|$(escaped "$run")|g" \
        -e "s|@ETC@|$(escaped "$etc")|g" \
        -e "s|@MODULES@|$(escaped "${ASTERISK_MODULES-/usr/lib/asterisk/modules}")|g" \
        -e "s|@DATA@|$(escaped "${ASTERISK_DATA-/usr/share/asterisk}")|g" \
        -e "s|@SOUNDS@|$(escaped "${ASTERISK_SOUNDS-$templates/sounds/hi}")|g" \
        -e "s|@MAXCALLS@|$(((rtp_last - rtp_first + 1) / 2))|g" \
        -e "s|@TRACE@|$verbose|g" \
        -e "s|@BIND@|$bind|g" \
        -e "s|@SIP_PORT@|$sip_port|g" \
        -e "s|@PHONE_NETS@|$(printf %s "$phone_nets" | tr ' ' ',')|g" \
        -e "s|@METRICS@|$metrics_on|g" \
        -e "s|@HTTP@|$http_on|g" \
        -e "s|@HTTP_ADDRESS@|$http_address|g" \
        -e "s|@HTTP_PORT@|$http_port|g" \
        -e "s|@ARI@|$ari_on|g" \
        -e "s|@ARI_LOAD@|$ari_load|g" \
        -e "s|@ARI_PASSWORD@|$(escaped "$ari_password")|g" \
        -e "s|@DIALS@|$(escaped "$dials")|g" \
        -e "s|@CALLER_ID@|$caller_id|g" \
        -e "s|@RTP_FIRST@|$rtp_first|g" \
        -e "s|@RTP_LAST@|$rtp_last|g" \
        -e "s|@BOT_URL@|$(escaped "${bot_url%/}")|g" \
        -e "s|@BOT_TOKEN@|$(escaped "$bot_token")|g" \
        -e "s|@FALLBACK@|$(escaped "$fallback")|g" \
        -e "s|@AGENTS@|$(escaped "$agents")|g" "$1"
}
cp "$templates"/*.conf "$etc"
for template in "$templates"/*.conf.in; do
    name=${template##*/}
    fill "$template" > "$etc/${name%.in}"
done
# The engine keeps a container's log: everything goes to the console, nothing to files.
fill "$templates/container/logger.conf.in" > "$etc/logger.conf"
rm -f "$etc/external" "$etc/accounts" "$etc/ari-acl"

for file in "${ASTERISK_EXTRA-/etc/voicebot-asterisk}"/*.conf; do
    [ ! -e "$file" ] || cat "$file" > "$etc/${file##*/}"
done

[ "${1-}" != --render ] || exit 0
exec "${ASTERISK_PROGRAM-asterisk}" -fn -C "$etc/asterisk.conf"
