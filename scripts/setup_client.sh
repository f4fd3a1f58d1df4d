#!/usr/bin/env bash
# Prepares a microphone client on this machine (macOS or Linux) for a gateway elsewhere.
set -euo pipefail
set +x # a trace would print the token

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

usage() {
    cat <<TEXT
Usage: scripts/setup_client.sh --ssh USER@HOST | --ingress HOST[:PORT] | --gateway HOST:PORT  [options]

Installs the client into a folder of its own, keeps the token in a file that only you can read, writes the
command \`voicebot-mic\`, and asks the gateway whether it takes calls. Run it again to change something.

The way to the gateway, one of:
      --ssh USER@HOST        through an SSH tunnel; the gateway listens on that host's loopback
      --ingress HOST[:PORT]  by TLS, through an ingress or load balancer (443)
      --gateway HOST:PORT    directly, without TLS: on this machine or in a trusted network only

      --gateway-port PORT    with --ssh: the gateway's port there (50061)
      --local-port PORT      with --ssh: our end of the tunnel (50061)
      --ssh-port PORT        with --ssh: of its SSH server (as in ~/.ssh/config)
      --ca FILE              with --ingress: the authority of its certificate, PEM (the system's)
      --token-file FILE      the token to copy; - reads it from standard input
      --codec NAME           opus, linear16, mulaw or alaw (opus)
      --dir DIR              where the client lives (~/.local/share/voicebot-client)
      --bin DIR              where the command goes (~/.local/bin)
      --python PROGRAM       Python 3.11 or newer (the newest that is found)
      --package SPEC         what to install (this checkout)
      --no-check             do not ask the gateway at the end
      --dry-run              change nothing; print what would be done
  -h, --help                 this text
TEXT
}

WAY='' TARGET='' GATEWAY_PORT=50061 LOCAL_PORT=50061 SSH_PORT='' CA='' TOKEN_FILE='' CODEC=opus
DIR=${XDG_DATA_HOME:-$HOME/.local/share}/voicebot-client BIN=$HOME/.local/bin
PYTHON='' PACKAGE=$ROOT CHECK=yes DRY_RUN=''

say() { printf '%s\n' "$*"; }

# What is wrong, and what to do about it.
fail() {
    printf 'setup_client.sh: %s\n' "$1" >&2
    [ $# -lt 2 ] || printf '  -> %s\n' "${@:2}" >&2
    exit 1
}

misused() {
    printf 'setup_client.sh: %s\n  -> scripts/setup_client.sh --help\n' "$1" >&2
    exit 2
}

# Does it, or says so.
run() {
    if [ -n "$DRY_RUN" ]; then
        printf '+'
        printf ' %q' "$@"
        printf '\n'
    else
        "$@"
    fi
}

# ---- words -----------------------------------------------------------------------------------------

value_of() {
    [ $# -ge 2 ] && [ -n "$2" ] || misused "$1 needs a value"
    printf '%s' "$2"
}

choose_way() {
    [ -z "$WAY" ] || misused "--ssh, --ingress and --gateway: only one of them"
    WAY=$1 TARGET=$2
}

parse() {
    local taken value
    while [ $# -gt 0 ]; do
        case $1 in --*=*) set -- "${1%%=*}" "${1#*=}" "${@:2}" ;; esac
        taken=2
        case $1 in
            --ssh | --ingress | --gateway)
                value=$(value_of "$@")
                choose_way "${1#--}" "$value"
                ;;
            --gateway-port) GATEWAY_PORT=$(value_of "$@") ;;
            --local-port) LOCAL_PORT=$(value_of "$@") ;;
            --ssh-port) SSH_PORT=$(value_of "$@") ;;
            --ca) CA=$(value_of "$@") ;;
            --token-file) TOKEN_FILE=$(value_of "$@") ;;
            --codec) CODEC=$(value_of "$@") ;;
            --dir) DIR=$(value_of "$@") ;;
            --bin) BIN=$(value_of "$@") ;;
            --python) PYTHON=$(value_of "$@") ;;
            --package) PACKAGE=$(value_of "$@") ;;
            --no-check) CHECK='' taken=1 ;;
            --dry-run) DRY_RUN=yes taken=1 ;;
            -h | --help) usage && exit 0 ;;
            *) misused "$1: unknown" ;;
        esac
        shift "$taken"
    done
    check_words
}

is_port() {
    [[ $1 =~ ^[0-9]{1,5}$ ]] && [ "$1" -ge 1 ] && [ "$1" -le 65535 ]
}

check_words() {
    [ -n "$WAY" ] || misused "say where the gateway is: --ssh, --ingress or --gateway"
    local port
    for port in "$GATEWAY_PORT" "$LOCAL_PORT" ${SSH_PORT:+"$SSH_PORT"}; do
        is_port "$port" || misused "$port: not a port"
    done
    case $CODEC in opus | linear16 | mulaw | alaw) ;; *) misused "--codec $CODEC: opus, linear16, mulaw or alaw" ;; esac
    case $WAY in
        ssh) [[ $TARGET =~ ^[A-Za-z0-9_][A-Za-z0-9_.@-]*$ ]] || misused "--ssh $TARGET: not USER@HOST" ;;
        ingress)
            [[ $TARGET == *:* ]] || TARGET=$TARGET:443
            [[ $TARGET =~ ^[A-Za-z0-9.-]+:[0-9]+$ ]] || misused "--ingress $TARGET: not HOST[:PORT]"
            ;;
        gateway) [[ $TARGET =~ ^[A-Za-z0-9.-]+:[0-9]+$ ]] || misused "--gateway $TARGET: not HOST:PORT" ;;
    esac
    [ -z "$CA" ] || [ "$WAY" = ingress ] || misused "--ca: only with --ingress"
    [ -z "$CA" ] || [ -r "$CA" ] || misused "--ca $CA: no file that can be read"
    [ -z "$TOKEN_FILE" ] || [ "$TOKEN_FILE" = - ] || [ -r "$TOKEN_FILE" ] ||
        misused "--token-file $TOKEN_FILE: no file that can be read"
}

# ---- what is needed --------------------------------------------------------------------------------

is_new_enough() {
    "$1" -c 'import sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

find_python() {
    local candidate
    for candidate in ${PYTHON:+"$PYTHON"} python3.13 python3.12 python3.11 python3; do
        if is_new_enough "$candidate"; then
            PYTHON=$(command -v "$candidate")
            return 0
        fi
        [ -z "$PYTHON" ] || fail "--python $PYTHON: not Python 3.11 or newer (with venv)"
    done
    case $(uname -s) in
        Darwin) fail "there is no Python 3.11 or newer" "brew install python@3.13" ;;
        *) fail "there is no Python 3.11 or newer with venv" "apt-get install python3 python3-venv, or dnf install python3" ;;
    esac
}

# On macOS, PortAudio is in the wheel of sounddevice.
need_port_audio() {
    [ "$(uname -s)" = Linux ] || return 0
    if ! { ldconfig -p 2>/dev/null || /sbin/ldconfig -p 2>/dev/null; } | grep -q 'libportaudio\.so\.2'; then
        say "PortAudio is missing, and a microphone needs it: apt-get install libportaudio2, or dnf install portaudio."
        say "Without it, voicebot-mic can say WAV files (--wav FILE)."
    fi
}

need_ssh() {
    [ "$WAY" != ssh ] || command -v ssh >/dev/null || fail "there is no ssh" "install the OpenSSH client"
}

# ---- what is made ----------------------------------------------------------------------------------

install_client() {
    say "Installing the client into $DIR ..."
    run mkdir -p "$DIR" "$BIN"
    run chmod 700 "$DIR"
    [ -x "$DIR/venv/bin/python" ] || run "$PYTHON" -m venv "$DIR/venv"
    run "$DIR/venv/bin/python" -m pip install --quiet --disable-pip-version-check "voicebot[mic] @ $(as_url "$PACKAGE")"
}

# A folder as pip wants it; anything else as it is.
as_url() {
    if [ -d "$1" ]; then printf 'file://%s' "$(cd "$1" && pwd)"; else printf '%s' "$1"; fi
}

keep_token() {
    [ -n "$TOKEN_FILE" ] || return 0
    say "Keeping the token in $DIR/token"
    [ -z "$DRY_RUN" ] || return 0
    (umask 077 && { if [ "$TOKEN_FILE" = - ]; then cat; else cat "$TOKEN_FILE"; fi; } >"$DIR/token")
    [ -s "$DIR/token" ] || fail "--token-file: it is empty"
}

keep_ca() {
    [ -z "$CA" ] || run cp "$CA" "$DIR/ca.pem"
}

# The words of `voicebot mic` for this gateway.
words() {
    case $WAY in
        ssh) printf '127.0.0.1:%s' "$LOCAL_PORT" ;;
        *) printf '%s' "$TARGET" ;;
    esac
    [ "$WAY" != ingress ] || printf ' --tls'
    [ -z "$CA" ] || printf ' --ca %q' "$DIR/ca.pem"
    printf ' --codec %s' "$CODEC"
}

command_text() {
    cat <<TEXT
#!/usr/bin/env bash
# Talks to the voice bot; made by setup_client.sh. Words are passed on to \`voicebot mic\`.
set -euo pipefail
TOKEN=$(printf '%q' "$DIR/token")
[ ! -r "\$TOKEN" ] || set -- --token-file "\$TOKEN" "\$@"
TEXT
    if [ "$WAY" = ssh ]; then
        cat <<TEXT
# The tunnel lives as long as the conversation.
ssh -N -o ExitOnForwardFailure=yes -o ServerAliveInterval=15${SSH_PORT:+ -p $SSH_PORT} \\
    -L 127.0.0.1:$LOCAL_PORT:127.0.0.1:$GATEWAY_PORT $TARGET &
TUNNEL=\$!
trap 'kill "\$TUNNEL" 2>/dev/null || true' EXIT
for _ in {1..100}; do
    kill -0 "\$TUNNEL" 2>/dev/null || { echo "voicebot-mic: ssh $TARGET failed" >&2; exit 1; }
    (: <>/dev/tcp/127.0.0.1/$LOCAL_PORT) 2>/dev/null && break
    sleep 0.2
done
TEXT
    fi
    printf '%q mic %s "$@"\n' "$DIR/venv/bin/voicebot" "$(words)"
}

write_command() {
    say "Writing $BIN/voicebot-mic"
    if [ -n "$DRY_RUN" ]; then
        command_text | sed 's/^/| /'
    else
        command_text >"$BIN/voicebot-mic"
        chmod 755 "$BIN/voicebot-mic"
    fi
}

check_gateway() {
    [ -n "$CHECK" ] || return 0
    say "Asking the gateway ..."
    run "$BIN/voicebot-mic" --check || fail "the gateway does not answer" \
        "is it enabled there (BOT_GATEWAY__ENABLED=true), and is this the way to it?" \
        "all is installed: $BIN/voicebot-mic --check asks again"
}

main() {
    parse "$@"
    find_python
    need_ssh
    need_port_audio
    install_client
    keep_token
    keep_ca
    write_command
    check_gateway
    [ -n "$DRY_RUN" ] && return 0
    say "Ready: $BIN/voicebot-mic   (use a headset: the bot must not hear itself)"
    case :$PATH: in *:"$BIN":*) ;; *) say "$BIN is not in your PATH." ;; esac
}

main "$@"
