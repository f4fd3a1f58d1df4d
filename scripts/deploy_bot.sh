#!/usr/bin/env bash
# The bots: installs or upgrades the chart helm/voicebot, and waits until they are ready. A second run with the
# same words changes nothing; an upgrade lets calls that are up end on the old pods.
# shellcheck source=scripts/deploy_lib.sh
source "$(dirname "$0")/deploy_lib.sh"

usage() {
    cat <<TEXT
Usage: scripts/deploy_bot.sh [options]

Installs or upgrades the release voicebot of helm/voicebot and waits for health; rolls back if there is none. Then
a bot is asked whether recognition, synthesis and the language model do what a call needs.
What earlier runs set, those of deploy_riva.sh and deploy_asterisk.sh included, stays set. Where the values
name no pbxToken.existingSecret, it makes the secret RELEASE-pbx-token, once.

      --values FILE          values of your own for the chart (may be repeated; the last one wins)
      --set NAME=VALUE       one value more (may be repeated)
      --image NAME:TAG       the bot's image, such as registry.example.com/voicebot:0.1.0
$COMMON_OPTIONS
TEXT
}

IMAGE=''

parse() {
    while [ $# -gt 0 ]; do
        case $1 in --*=*) set -- "${1%%=*}" "${1#*=}" "${@:2}" ;; esac
        TAKEN=2
        case $1 in
            --values) add_values "$@" ;;
            --set) add_set "$@" ;;
            --image) IMAGE=$(value_of "$@") ;;
            *) common_option "$@" ;;
        esac
        shift "$TAKEN"
    done
    check_names
    [ -z "$IMAGE" ] || add_image bot.image "$IMAGE"
}

main() {
    parse "$@"
    need_kubectl
    need_helm
    need_cluster
    need_namespace
    begin_release
    our_values < <(no_asterisk_yet)
    prepare_release
    say "the chart helm/voicebot into the namespace $NAMESPACE, as release $RELEASE:"
    release_chart healthy
    if [ -z "$DRY_RUN" ]; then ask_doctor || fail "the release is healthy, and no bot is ready" "kubectl get pods --namespace $NAMESPACE"; fi
    tell "The bots are ready. Next: scripts/deploy_asterisk.sh"
}

main "$@"
