#!/usr/bin/env bash
# What no chart owns: the namespace, the volumes for models and, if they come from a store, NVIDIA's secrets.
# A second run changes nothing.
# shellcheck source=scripts/deploy_lib.sh
source "$(dirname "$0")/deploy_lib.sh"

usage() {
    cat <<TEXT
Usage: scripts/deploy_infra.sh --overlay NAME [options]

Applies k8s/overlays/NAME with your parameters: the namespace with its pod security, the claims for models.

      --overlay NAME             one-node: models on the disk of one node
                                 cloud: models on volumes that the cluster makes
                                 external-secrets: as cloud, NVIDIA's secrets from your store
      --pod-security LEVEL       privileged lets Asterisk use the host's network, baseline does not
  one-node:
      --node NAME                the node's label kubernetes.io/hostname (the only node, if there is one)
      --model-folder FOLDER      a folder on that node (/var/lib/voicebot/models)
  cloud, external-secrets:
      --storage-class NAME       of the volumes (the cluster's default)
  external-secrets:
      --secret-store NAME        the store, as the External Secrets Operator knows it
      --secret-store-kind KIND   ClusterSecretStore (the default) or SecretStore
      --ngc-key-in-store NAME    where it keeps the NGC API key
$COMMON_OPTIONS
TEXT
}

OVERLAYS='one-node, cloud or external-secrets'
OVERLAY=''
declare -A CHOSEN=()

parse() {
    while [ $# -gt 0 ]; do
        case $1 in --*=*) set -- "${1%%=*}" "${1#*=}" "${@:2}" ;; esac
        TAKEN=2
        case $1 in
            --overlay) OVERLAY=$(value_of "$@") ;;
            --pod-security) CHOSEN[POD_SECURITY]=$(value_of "$@") ;;
            --node) CHOSEN[NODE]=$(value_of "$@") ;;
            --model-folder) CHOSEN[MODEL_FOLDER]=$(value_of "$@") ;;
            --storage-class) CHOSEN[STORAGE_CLASS]=$(value_of "$@") ;;
            --secret-store) CHOSEN[SECRET_STORE]=$(value_of "$@") ;;
            --secret-store-kind) CHOSEN[SECRET_STORE_KIND]=$(value_of "$@") ;;
            --ngc-key-in-store) CHOSEN[NGC_KEY_IN_STORE]=$(value_of "$@") ;;
            *) common_option "$@" ;;
        esac
        shift "$TAKEN"
    done
}

check_words() {
    check_names
    case $OVERLAY in
        one-node | cloud | external-secrets) ;;
        '') misused "which --overlay? $OVERLAYS" ;;
        *) misused "--overlay $OVERLAY: there are $OVERLAYS" ;;
    esac
    case ${CHOSEN[POD_SECURITY]:-baseline} in
        baseline | privileged) ;;
        *) misused "--pod-security ${CHOSEN[POD_SECURITY]}: baseline or privileged" ;;
    esac
    case ${CHOSEN[SECRET_STORE_KIND]:-SecretStore} in
        SecretStore | ClusterSecretStore) ;;
        *) misused "--secret-store-kind ${CHOSEN[SECRET_STORE_KIND]}: SecretStore or ClusterSecretStore" ;;
    esac
    [[ ${CHOSEN[MODEL_FOLDER]:-/} = /* ]] || misused "--model-folder ${CHOSEN[MODEL_FOLDER]}: must begin with /"
}

# The overlay with the parameters that were chosen, in a copy: the checkout stays as it is.
prepare() {
    make_work_folder
    cp -R "$ROOT/k8s/infra" "$ROOT/k8s/overlays" "$WORK/"
    SETTINGS=$WORK/overlays/$OVERLAY/settings.yaml
    CHOSEN[NAMESPACE]=$NAMESPACE
    local name
    for name in "${!CHOSEN[@]}"; do choose "$name" "${CHOSEN[$name]}"; done
}

# choose NAME VALUE: a parameter of the overlay.
choose() {
    grep -q "^  $1: " "$SETTINGS" || misused "the overlay $OVERLAY has no $1; it takes: $(parameters)"
    [[ $2 =~ ^[A-Za-z0-9/._:@-]+$ ]] || misused "$1 $2: only letters, digits and /._:@-"
    sed -i "s|^  $1: .*|  $1: \"$2\"|" "$SETTINGS"
}

parameters() {
    sed -n 's/^  \([A-Z_]*\): .*/\1/p' "$SETTINGS" | paste -sd ' '
}

chosen() {
    sed -n "s/^  $1: \"\{0,1\}\([^\"]*\)\"\{0,1\}$/\1/p" "$SETTINGS"
}

# ---- what the cluster must have ---------------------------------------------------------------------

check_cluster() {
    need_right create namespaces
    case $OVERLAY in
        one-node)
            need_right create persistentvolumes
            check_node
            ;;
        cloud) check_storage_class ;;
        external-secrets)
            check_storage_class
            check_store
            ;;
    esac
}

check_node() {
    local nodes
    nodes=$(ask get nodes -o jsonpath='{range .items[*]}{.metadata.labels.kubernetes\.io/hostname}{"\n"}{end}')
    if [ -z "${CHOSEN[NODE]:-}" ]; then
        [ "$(wc -l <<<"$nodes")" = 1 ] || fail "which node keeps the models? There are several" \
            "--node NAME, one of: $(paste -sd ' ' <<<"$nodes")"
        choose NODE "$nodes"
    fi
    grep -qxF "$(chosen NODE)" <<<"$nodes" || fail "there is no node $(chosen NODE)" \
        "--node NAME, one of: $(paste -sd ' ' <<<"$nodes")"
    check_volumes_stay
}

# A volume cannot move: say so before the API server does.
check_volumes_stay() {
    local volume=$NAMESPACE-asr-models where
    where=$(ask get persistentvolume "$volume" --ignore-not-found \
        -o jsonpath='{.spec.nodeAffinity.required.nodeSelectorTerms[0].matchExpressions[0].values[0]} {.spec.local.path}')
    [ -z "$where" ] || [ "$where" = "$(chosen NODE) $(chosen MODEL_FOLDER)/asr" ] ||
        fail "the volume $volume is at ${where/ /, }, and cannot move" \
            "stay there: --node ${where% *} --model-folder $(dirname "${where#* }")" \
            "or begin anew: scripts/uninstall.sh --data"
}

check_storage_class() {
    local classes class
    # Lines `NAME true` for the default, `NAME ` for others.
    classes=$(ask get storageclass -o \
        jsonpath='{range .items[*]}{.metadata.name} {.metadata.annotations.storageclass\.kubernetes\.io/is-default-class}{"\n"}{end}')
    class=${CHOSEN[STORAGE_CLASS]:-$(sed -n 's/ true$//p' <<<"$classes" | head -n 1)}
    [ -n "$class" ] || fail "the cluster has no default storage class" "$(offer_classes "$classes")"
    [[ $'\n'$classes == *$'\n'"$class "* ]] || fail "there is no storage class $class" "$(offer_classes "$classes")"
    choose STORAGE_CLASS "$class"
}

offer_classes() {
    printf -- '--storage-class NAME, one of: %s\n' "$(cut -d ' ' -f 1 <<<"$1" | paste -sd ' ')"
}

check_store() {
    need_crd externalsecrets.external-secrets.io \
        "install the External Secrets Operator: https://external-secrets.io/latest/introduction/getting-started/" \
        "or let deploy_riva.sh make the secrets: --overlay cloud"
    ask get "$(chosen SECRET_STORE_KIND)" "$(chosen SECRET_STORE)" --namespace "$NAMESPACE" -o name >/dev/null 2>&1 ||
        fail "there is no $(chosen SECRET_STORE_KIND) $(chosen SECRET_STORE)" \
            "--secret-store NAME; what is there: kubectl get clustersecretstores,secretstores -A"
}

# ---- what is done ------------------------------------------------------------------------------------

main() {
    parse "$@"
    check_words
    need_kubectl
    prepare
    need_cluster
    [ -n "$DRY_RUN" ] || check_cluster
    say "k8s/overlays/$OVERLAY into the namespace $NAMESPACE:"
    kubectl kustomize "$WORK/overlays/$OVERLAY" | apply
    if [ "$OVERLAY" = one-node ]; then tell_folders; fi
    say "Next: scripts/deploy_riva.sh$([ "$OVERLAY" != external-secrets ] || echo ' --external-secrets')"
}

tell_folders() {
    say "The folders must be there. On $(chosen NODE), once:"
    say "  sudo install -d -m 0770 -o 1000 -g 1000 $(chosen MODEL_FOLDER)/{asr,tts,llm}"
}

main "$@"
