#!/usr/bin/env bash
# Asterisk, in the same release as the bots: installs or upgrades helm/voicebot with it, waits until it answers.
# shellcheck source=scripts/deploy_lib.sh
source "$(dirname "$0")/deploy_lib.sh"

usage() {
    cat <<TEXT
Usage: scripts/deploy_asterisk.sh [options]

Adds Asterisk to the release voicebot of helm/voicebot and waits for health; rolls back if there is none.
What earlier runs set, those of deploy_riva.sh and deploy_bot.sh included, stays set.

      --external ADDRESS     the address that phones and the provider reach (behind a NAT: the public one);
                             node: each node's own
      --network host|pod     host: the node's ports, on every node that is chosen; pod: behind a load balancer
      --trunk FILE           a provider's pjsip_trunk.conf (asterisk/pjsip_trunk.conf.example); it is kept in
                             the secret RELEASE-trunk, since it holds passwords
      --values FILE          values of your own for the chart (may be repeated; the last one wins)
      --set NAME=VALUE       one value more (may be repeated)
      --image NAME:TAG       Asterisk's image, such as registry.example.com/voicebot-asterisk:0.1.0
$COMMON_OPTIONS
TEXT
}

TRUNK='' EXTERNAL='' NETWORK='' IMAGE=''

parse() {
    while [ $# -gt 0 ]; do
        case $1 in --*=*) set -- "${1%%=*}" "${1#*=}" "${@:2}" ;; esac
        TAKEN=2
        case $1 in
            --external) EXTERNAL=$(value_of "$@") ;;
            --network) NETWORK=$(value_of "$@") ;;
            --trunk) TRUNK=$(value_of "$@") ;;
            --values) add_values "$@" ;;
            --set) add_set "$@" ;;
            --image) IMAGE=$(value_of "$@") ;;
            *) common_option "$@" ;;
        esac
        shift "$TAKEN"
    done
    check_names
    case ${NETWORK:-host} in host | pod) ;; *) misused "--network $NETWORK: host or pod" ;; esac
    [ -z "$TRUNK" ] || [ -r "$TRUNK" ] || misused "--trunk $TRUNK: no file that can be read"
}

words_for_chart() {
    WORDS+=(--set asterisk.enabled=true)
    [ -z "$EXTERNAL" ] || WORDS+=(--set-string "asterisk.externalAddress=$EXTERNAL")
    [ -z "$NETWORK" ] || WORDS+=(--set "asterisk.network=$NETWORK")
    [ -z "$IMAGE" ] || add_image asterisk.image "$IMAGE"
    if [ -n "$TRUNK" ]; then
        grep -q '^type *= *identify' "$TRUNK" ||
            fail "$TRUNK has no part of type identify: nobody's calls would be taken" "see asterisk/pjsip_trunk.conf.example"
        MADE+=("$RELEASE-trunk")
        WORDS+=(--set asterisk.trunk.enabled=true --set "asterisk.trunk.existingSecret=$RELEASE-trunk")
    fi
}

main() {
    parse "$@"
    words_for_chart
    need_kubectl
    need_helm
    need_cluster
    need_namespace
    make_work_folder
    prepare_release
    if [ -n "$TRUNK" ]; then make_trunk; fi
    say "Asterisk into the release $RELEASE in the namespace $NAMESPACE:"
    release_chart healthy
    say "Asterisk answers. Next: scripts/smoke_test.sh"
    say "A softphone's password: kubectl get secret --namespace $NAMESPACE -l $(labels asterisk) -o jsonpath=\"{.items[0].data['6001']}\" | base64 -d"
}

make_trunk() {
    local text=not-shown-in-a-dry-run
    [ -n "$DRY_RUN" ] || text=$(<"$TRUNK")
    say "the secret $RELEASE-trunk, from $TRUNK:"
    secret_of "$RELEASE-trunk" pjsip_trunk.conf "$text" | apply
}

main "$@"
