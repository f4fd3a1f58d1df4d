#!/usr/bin/env bash
# Calls the line as a phone does, says a Hindi sentence, and sees that a bot heard and answered it.
# shellcheck source=scripts/deploy_lib.sh
source "$(dirname "$0")/deploy_lib.sh"

usage() {
    cat <<TEXT
Usage: scripts/smoke_test.sh [options]

Dials a number of the line with \`voicebot dial\`, waits for the greeting, says a recorded sentence, waits for the
answer, and looks into the bots' log whether it was the bot that spoke: an apology is a voice, too.
Leaves with 0 when it was a conversation.

      --host HOST[:PORT]     Asterisk's SIP address (asked of the cluster)
      --user NAME            the softphone's account (6001)
      --number NUMBER        the number to dial (100)
      --say FILE             what to say: WAV, mono, 16 bits (a question about an electricity bill)
      --greeting-only        say nothing, only wait for the greeting
      --within SECONDS       how long the answer may take (5)
      --seconds SECONDS      how long the call lasts (25)
      --codec CODEC          PCMA, PCMU or G722 (PCMA)
      --bind ADDRESS         our own address, where the machine has several
      --record FILE          keep the recording: caller left, bot right
      --bot-log FILE         the bots' log, where they are not in a cluster (JSON lines)
$COMMON_OPTIONS

The password: VOICEBOT_SIP_PASSWORD, or that of the release's secret. VOICEBOT: the program (voicebot).
TEXT
}

HOST='' USER_NAME=6001 NUMBER=100 SAY=$ROOT/tests/speech/kokoro-hf_beta_s01.wav
WITHIN=5 LASTING=25 CODEC=PCMA BIND='' RECORD='' BOT_LOG=''
PASSWORD=${VOICEBOT_SIP_PASSWORD:-}
unset VOICEBOT_SIP_PASSWORD

parse() {
    while [ $# -gt 0 ]; do
        case $1 in --*=*) set -- "${1%%=*}" "${1#*=}" "${@:2}" ;; esac
        TAKEN=2
        case $1 in
            --host) HOST=$(value_of "$@") ;;
            --user) USER_NAME=$(value_of "$@") ;;
            --number) NUMBER=$(value_of "$@") ;;
            --say) SAY=$(value_of "$@") ;;
            --greeting-only) SAY='' TAKEN=1 ;;
            --within) WITHIN=$(value_of "$@") ;;
            --seconds) LASTING=$(value_of "$@") ;;
            --codec) CODEC=$(value_of "$@") ;;
            --bind) BIND=$(value_of "$@") ;;
            --record) RECORD=$(value_of "$@") ;;
            --bot-log) BOT_LOG=$(value_of "$@") ;;
            *) common_option "$@" ;;
        esac
        shift "$TAKEN"
    done
    check_names
    [[ $USER_NAME =~ ^[A-Za-z0-9_-]+$ ]] || misused "--user $USER_NAME: letters, digits, _ and -"
    [ -z "$SAY" ] || [ -r "$SAY" ] || misused "--say $SAY: no file that can be read"
    [ -z "$BOT_LOG" ] || [ -r "$BOT_LOG" ] || misused "--bot-log $BOT_LOG: no file that can be read"
}

# ---- what is needed ----------------------------------------------------------------------------------

need_softphone() {
    PROGRAM=${VOICEBOT:-$(command -v voicebot || true)}
    [ -n "$PROGRAM" ] || PROGRAM=$ROOT/.venv/bin/voicebot
    [ -x "$PROGRAM" ] || fail "there is no voicebot program to dial with" \
        "in the checkout: uv sync --extra sip; elsewhere: pip install 'voicebot[sip]', or VOICEBOT=/path/of/it"
    need_tool python3 "install Python 3.11 or newer"
}

# The cluster is asked only for what was not given.
need_cluster_for() {
    [ -n "${ASKED:-}" ] || { need_kubectl && need_cluster && ASKED=yes; }
}

find_host() {
    [ -z "$HOST" ] || return 0
    need_cluster_for address
    if [ -n "$DRY_RUN" ]; then
        HOST=ASTERISK
        return
    fi
    local pod port
    pod=$(ask get pods --namespace "$NAMESPACE" --selector "$(labels asterisk)" -o \
        jsonpath='{range .items[?(@.status.phase=="Running")]}{.status.hostIP} {.status.podIP} {.spec.hostNetwork}{"\n"}{end}' | head -n 1)
    [ -n "$pod" ] || fail "no Asterisk runs in the namespace $NAMESPACE" \
        "scripts/deploy_asterisk.sh; or is it elsewhere: --host HOST:PORT"
    port=$(ask get services --namespace "$NAMESPACE" --selector "$(labels asterisk)" -o \
        jsonpath='{.items[0].spec.ports[?(@.name=="sip")].port}')
    HOST=$(address "$pod"):${port:-5060}
}

# The node's address, where Asterisk has the host's network; else a load balancer's; else the pod's own, which
# reaches who is on the pod network.
address() {
    local host_address pod_address host_network balancer
    read -r host_address pod_address host_network <<<"$1"
    if [ "$host_network" = true ]; then
        printf '%s' "$host_address"
        return
    fi
    balancer=$(ask get services --namespace "$NAMESPACE" --selector "$(labels asterisk)" -o \
        jsonpath='{.items[?(@.spec.type=="LoadBalancer")].status.loadBalancer.ingress[0].ip}')
    balancer=${balancer%% *}
    printf '%s' "${balancer:-$pod_address}"
}

find_password() {
    [ -z "$PASSWORD" ] || return 0
    need_cluster_for password
    if [ -n "$DRY_RUN" ]; then return; fi
    local encoded
    encoded=$(ask get secrets --namespace "$NAMESPACE" --selector "$(labels asterisk)" -o \
        "jsonpath={.items[0].data['$USER_NAME']}" 2>/dev/null || true)
    PASSWORD=$(base64 -d <<<"$encoded")
    [ -n "$PASSWORD" ] || fail "the password of the softphone $USER_NAME is not known" \
        "VOICEBOT_SIP_PASSWORD=... $0 (asterisk.softphones.existingSecret: it is in that secret)"
}

# ---- the call ----------------------------------------------------------------------------------------

main() {
    parse "$@"
    need_softphone
    find_host
    find_password
    make_work_folder
    RECORD=${RECORD:-$WORK/call.wav}
    local words=(dial "sip:$NUMBER@$HOST" --user "$USER_NAME" --codec "$CODEC" --seconds "$LASTING" --record "$RECORD")
    [ -z "$SAY" ] || words+=(--wav "$SAY")
    [ -z "$BIND" ] || words+=(--bind "$BIND")
    say "calling $NUMBER at $HOST as $USER_NAME:"
    if [ -n "$DRY_RUN" ]; then
        run "$PROGRAM" "${words[@]}"
        return
    fi
    VOICEBOT_SIP_PASSWORD=$PASSWORD "$PROGRAM" "${words[@]}" || fail "there was no call" \
        "docs/softphone.md says what each message means; is Asterisk up: kubectl get pods --namespace $NAMESPACE"
    judge
    say "The line works."
}

judge() {
    local words=(--record "$RECORD" --user "$USER_NAME" --within "$WITHIN")
    [ -z "$SAY" ] || words+=(--spoken)
    sleep 2 # a turn is logged when it is over
    if [ -z "$BOT_LOG" ] && fetch_log; then BOT_LOG=$WORK/bots.log; fi
    if [ -n "$BOT_LOG" ]; then words+=(--log "$BOT_LOG"); else
        say "The bots' log was not looked into: whether a bot spoke or an apology, your ear must tell ($RECORD; --record keeps it)."
    fi
    python3 "$ROOT/scripts/smoke_report.py" "${words[@]}" || exit 1
}

# The bots' log since the call began, if this is a cluster's line.
fetch_log() {
    [ -n "${ASKED:-}" ] || return 1
    ask logs --namespace "$NAMESPACE" --selector "$(labels bot)" --max-log-requests 100 --tail -1 --since "$((LASTING + 60))s" \
        >"$WORK/bots.log" 2>/dev/null
}

main "$@"
