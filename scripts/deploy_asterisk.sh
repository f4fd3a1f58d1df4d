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
      --asterisk-cidr CIDR   with host: the nodes' addresses, by which the bots' NetworkPolicy knows Asterisk (may
                             be repeated; asked of the cluster)
      --trunk FILE           a provider's pjsip_trunk.conf (asterisk/pjsip_trunk.conf.example); it is kept in
                             the secret RELEASE-trunk, since it holds passwords
      --values FILE          values of your own for the chart (may be repeated; the last one wins)
      --set NAME=VALUE       one value more (may be repeated)
      --image NAME:TAG       Asterisk's image, such as registry.example.com/voicebot-asterisk:0.1.0
$COMMON_OPTIONS
TEXT
}

TRUNK='' EXTERNAL='' NETWORK='' IMAGE='' CIDRS=()

parse() {
    while [ $# -gt 0 ]; do
        case $1 in --*=*) set -- "${1%%=*}" "${1#*=}" "${@:2}" ;; esac
        TAKEN=2
        case $1 in
            --external) EXTERNAL=$(value_of "$@") ;;
            --network) NETWORK=$(value_of "$@") ;;
            --asterisk-cidr) CIDRS+=("$(value_of "$@")") ;;
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
    choose_cidrs
    if [ -n "$TRUNK" ]; then
        grep -q '^type *= *identify' "$TRUNK" ||
            fail "$TRUNK has no part of type identify: nobody's calls would be taken" "see asterisk/pjsip_trunk.conf.example"
        MADE+=("$RELEASE-trunk")
        WORDS+=(--set asterisk.trunk.enabled=true --set "asterisk.trunk.existingSecret=$RELEASE-trunk")
    fi
}

# The nodes' addresses go before the user's values, and over none that were chosen in earlier runs.
choose_cidrs() {
    if [ "${#CIDRS[@]}" -eq 0 ]; then
        if grep -q asteriskCidrs "$WORK/earlier.yaml" && ! grep -qF "$NOBODY" "$WORK/earlier.yaml"; then return; fi
        [ "$NETWORK" != host ] || mapfile -t CIDRS < <(node_cidrs)
        [ "$NETWORK" != host ] || [ "${#CIDRS[@]}" -gt 0 ] || fail "the nodes' addresses are not known" "--asterisk-cidr CIDR"
    fi
    our_values < <(printf 'networkPolicy: {asteriskCidrs: [%s]}\n' "$(IFS=,; printf '%s' "${CIDRS[*]}")")
}

# Each node's own address as a network: 10.0.0.5/32. In a dry run an example.
node_cidrs() {
    if [ -n "$DRY_RUN" ]; then
        printf '192.0.2.1/32\n'
        return
    fi
    ask get nodes -o jsonpath='{range .items[*]}{.status.addresses[?(@.type=="InternalIP")].address}{"\n"}{end}' |
        tr ' ' '\n' | sed -n 's|^[0-9.]*$|&/32|p; s|^[0-9a-f:]*:[0-9a-f:]*$|&/128|p' | grep -v '^/'
}

main() {
    parse "$@"
    need_kubectl
    need_helm
    need_cluster
    need_namespace
    begin_release
    words_for_chart
    prepare_release
    if [ -n "$TRUNK" ]; then make_trunk; fi
    say "Asterisk into the release $RELEASE in the namespace $NAMESPACE:"
    release_chart healthy
    tell "Asterisk answers. Next: scripts/smoke_test.sh"
    tell "A softphone's password: kubectl get secret --namespace $NAMESPACE -l $(labels asterisk) -o jsonpath=\"{.items[0].data['6001']}\" | base64 -d"
}

make_trunk() {
    local text=not-shown-in-a-dry-run
    [ -n "$DRY_RUN" ] || text=$(<"$TRUNK")
    say "the secret $RELEASE-trunk, from $TRUNK:"
    secret_of "$RELEASE-trunk" pjsip_trunk.conf "$text" | apply_secrets
}

main "$@"
