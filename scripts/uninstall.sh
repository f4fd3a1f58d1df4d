#!/usr/bin/env bash
# Takes away what the other scripts brought, as much of it as is asked for. A second run finds nothing to do.
# shellcheck source=scripts/deploy_lib.sh
source "$(dirname "$0")/deploy_lib.sh"

usage() {
    cat <<TEXT
Usage: scripts/uninstall.sh [options]

Removes the release (bots, Asterisk, NIMs). Calls that are up may end first: that takes as long as the longest
one. Models, secrets, records and the namespace stay, unless you name them. What does not exist is passed over.

      --secrets              NVIDIA's secrets and those that the scripts made up, too
      --data                 the models, too: NIMCaches, claims and local volumes. The folders on the node stay
      --namespace-too        the namespace with all that is in it, too (with --secrets and --data)
      --records              with --namespace-too: the records of calls, too, where CloudNativePG keeps them there
      --yes                  do not ask
$COMMON_OPTIONS
TEXT
}

SECRETS='' DATA='' WHOLE='' RECORDS='' YES=''
TIMEOUT=40m # more than the longest call may take (asterisk.afterBotSeconds included)

parse() {
    while [ $# -gt 0 ]; do
        case $1 in --*=*) set -- "${1%%=*}" "${1#*=}" "${@:2}" ;; esac
        TAKEN=1
        case $1 in
            --secrets) SECRETS=yes ;;
            --data) DATA=yes ;;
            --namespace-too) SECRETS=yes DATA=yes WHOLE=yes ;;
            --records) RECORDS=yes ;;
            --yes) YES=yes ;;
            *) common_option "$@" ;;
        esac
        shift "$TAKEN"
    done
    check_names
}

confirm() {
    local answer=''
    [ -z "$DRY_RUN$YES" ] || return 0
    say "About to remove from the namespace $NAMESPACE: the release $RELEASE${SECRETS:+, its secrets}${DATA:+, the models}${WHOLE:+, the namespace itself}."
    [ -t 0 ] || fail "nobody is there to be asked" "--yes"
    read -r -p 'Go on? (yes) ' answer
    [ "$answer" = yes ] || fail "nothing was removed"
}

main() {
    parse "$@"
    need_kubectl
    need_helm
    need_cluster
    spare_records
    confirm
    remove_release "$RELEASE"
    remove_release riva-api
    if [ -n "$DATA" ]; then remove_models; fi
    if [ -n "$SECRETS" ]; then remove_secrets; fi
    if [ -n "$WHOLE" ]; then remove kube delete namespace "$NAMESPACE"; fi
    if [ -n "$WHOLE" ]; then remove kube delete storageclass voicebot-local; fi
    tell "Done."
}

# A namespace takes its database with it.
spare_records() {
    local found
    [ -n "$WHOLE" ] && [ -z "$RECORDS$DRY_RUN" ] || return 0
    ask get customresourcedefinition clusters.postgresql.cnpg.io -o name >/dev/null 2>&1 || return 0
    found=$(ask get clusters.postgresql.cnpg.io --namespace "$NAMESPACE" --selector app.kubernetes.io/part-of=voicebot -o name) ||
        fail "it cannot be told whether $NAMESPACE holds records of calls" "kubectl get clusters.postgresql.cnpg.io --namespace $NAMESPACE"
    [ -z "$found" ] || fail "the namespace $NAMESPACE holds the records of calls: $found" \
        "keep them: without --namespace-too; or remove them with it: --records"
}

remove_release() {
    run helm uninstall "$1" --namespace "$NAMESPACE" ${CONTEXT:+--kube-context "$CONTEXT"} \
        --ignore-not-found --wait --timeout "$TIMEOUT" ||
        fail "the release $1 was not removed within $TIMEOUT" \
            "calls that are up may still end: kubectl get pods --namespace $NAMESPACE; then run it again"
}

remove() {
    run "$@" --ignore-not-found --timeout="$TIMEOUT" || fail "not removed: ${*:2}" "see the line above; then run it again"
}

# The chart's own NIMCaches outlive the release, too; without the operator there are none.
remove_models() {
    local volumes=()
    if [ -n "$DRY_RUN" ] || ask get customresourcedefinition nimcaches.apps.nvidia.com -o name >/dev/null 2>&1; then
        remove kube delete nimcache --namespace "$NAMESPACE" --selector app.kubernetes.io/part-of=voicebot
    fi
    remove kube delete persistentvolumeclaim asr-models tts-models llm-models --namespace "$NAMESPACE"
    volumes=("$NAMESPACE-asr-models" "$NAMESPACE-tts-models" "$NAMESPACE-llm-models")
    remove kube delete persistentvolume "${volumes[@]}"
}

remove_secrets() {
    remove kube delete secret --namespace "$NAMESPACE" ngc-api modelpullsecret riva-model-deploy-key \
        "$RELEASE-pbx-token" "$RELEASE-trunk"
}

main "$@"
