#!/usr/bin/env bash
# Speech and language NIMs: NVIDIA's secrets from NGC_API_KEY, the models fetched, the servers up and healthy.
# The key goes from the environment or a file straight to the cluster's API: never on a command line, in a
# log, in a file, or in the environment of a program that is called.
# shellcheck source=scripts/deploy_lib.sh
source "$(dirname "$0")/deploy_lib.sh"

usage() {
    cat <<TEXT
Usage: NGC_API_KEY=... scripts/deploy_riva.sh [options]

Makes the secrets ngc-api, modelpullsecret and riva-model-deploy-key, then brings up recognition, synthesis
and the language model by the NIM Operator, and waits until they are healthy (the first time 20 to 40 minutes).

      --key-file FILE        the NGC API key is in this file (- for standard input), not in NGC_API_KEY
      --external-secrets     the secrets come from your store: wait for them, make none
      --secrets-only         stop after the secrets
      --fetch-models         fetch the models ahead, by NIMCaches: pods then start without a download
      --riva-api CHART       recognition by the older Riva server: a file or folder with NVIDIA's chart riva-api
      --image NAME:TAG       the bots' image: the chart brings them, too (as for deploy_bot.sh)
      --values FILE          values of your own for helm/voicebot (may be repeated; the last one wins)
      --timeout TIME         how long to wait for health (60m)
$COMMON_OPTIONS

RIVA_MODEL_DEPLOY_KEY: the key of riva-api models of your own (NVIDIA's are open with tlt_encode).
TEXT
}

SECRETS=(ngc-api modelpullsecret riva-model-deploy-key)
TIMEOUT=60m
KEY_FILE='' IMAGE='' EXTERNAL='' SECRETS_ONLY='' FETCH='' RIVA_API=''
KEY=''

parse() {
    while [ $# -gt 0 ]; do
        case $1 in --*=*) set -- "${1%%=*}" "${1#*=}" "${@:2}" ;; esac
        TAKEN=1
        case $1 in
            --key-file) KEY_FILE=$(value_of "$@") TAKEN=2 ;;
            --external-secrets) EXTERNAL=yes ;;
            --secrets-only) SECRETS_ONLY=yes ;;
            --fetch-models) FETCH=yes ;;
            --riva-api) RIVA_API=$(value_of "$@") TAKEN=2 ;;
            --values) add_values "$@" && TAKEN=2 ;;
            --image) IMAGE=$(value_of "$@") TAKEN=2 ;;
            *) common_option "$@" ;;
        esac
        shift "$TAKEN"
    done
    check_names
    [ -z "$IMAGE" ] || add_image bot.image "$IMAGE"
    [ -z "$EXTERNAL" ] || [ -z "$KEY_FILE" ] || misused "--external-secrets needs no --key-file"
    [ -z "$RIVA_API" ] || [ -e "$RIVA_API" ] || misused "--riva-api $RIVA_API: no such file or folder"
}

# ---- the key -----------------------------------------------------------------------------------------

# The key into KEY.
take_key() {
    case $KEY_FILE in
        '') KEY=$NGC_KEY ;;
        -) IFS= read -r KEY || true ;;
        *) IFS= read -r KEY <"$KEY_FILE" || [ -n "$KEY" ] || fail "--key-file $KEY_FILE cannot be read, or is empty" ;;
    esac
    [ -z "$DRY_RUN" ] || KEY=not-shown-in-a-dry-run
    [ -n "$KEY" ] || fail "NGC_API_KEY is not set" \
        "make a key at https://org.ngc.nvidia.com/setup/api-keys, then: read -rs NGC_API_KEY && export NGC_API_KEY" \
        "or have it in a file: --key-file FILE; or in a store: --external-secrets"
    [[ $KEY =~ ^[A-Za-z0-9_=-]{20,}$ ]] ||
        fail "NGC_API_KEY is no NGC key: letters, digits and _=- alone, 20 or more" \
            "copy it anew from https://org.ngc.nvidia.com/setup/api-keys (no blanks, no quotes)"
}

make_secrets() {
    local text key
    key=$(encoded "$KEY")
    text=$(<"$ROOT/k8s/infra/secrets/ngc-secrets.yaml.in")
    text=${text//@NAMESPACE@/$NAMESPACE}
    text=${text//@DOCKER_CONFIG@/$(encoded "$(docker_config)")}
    text=${text//@DEPLOY_KEY@/$(encoded "${RIVA_MODEL_DEPLOY_KEY:-tlt_encode}")}
    text=${text//@KEY@/$key}
    say "the secrets ${SECRETS[*]}:"
    printf '%s\n' "$text" | apply_secrets
}

docker_config() {
    # shellcheck disable=SC2016 # NGC's user name is this word
    printf '{"auths":{"nvcr.io":{"username":"$oauthtoken","password":"%s","auth":"%s"}}}' \
        "$KEY" "$(encoded '$oauthtoken:'"$KEY")"
}

await_secrets() {
    local name
    for name in "${SECRETS[@]}"; do
        run kube wait --for=create "secret/$name" --namespace "$NAMESPACE" --timeout=2m ||
            fail "your store has not given the secret $name" \
                "kubectl describe externalsecret $name --namespace $NAMESPACE says why" \
                "the ExternalSecrets come from: scripts/deploy_infra.sh --overlay external-secrets"
    done
}

# ---- the servers -------------------------------------------------------------------------------------

# Our own values, before those of the user: models live in the claims of deploy_infra.sh, where it made them
# and nobody chose otherwise; with --riva-api, recognition is the older server's, which has no Hindi voice.
choose_values() {
    local claims='' asr='' tts=''
    if own_claims; then claims=yes asr=$(cache asr) tts=$(cache tts); fi
    if [ -n "$RIVA_API" ]; then
        asr="external: {asrUri: 'headless-riva-api.$NAMESPACE.svc.cluster.local:50051'}"
    elif [ -n "$asr" ]; then
        asr="asr: $asr"
    fi
    our_values < <(
        [ -z "$asr$tts" ] || printf 'riva:\n'
        [ -z "$asr" ] || printf '  %s\n' "$asr"
        [ -z "$tts" ] || printf '  tts: %s\n' "$tts"
        [ -z "$claims" ] || printf 'llm:\n  nim: %s\n' "$(cache llm)"
        no_asterisk_yet
    )
}

cache() {
    if [ -n "$FETCH" ]; then
        printf '{cache: {kind: existing, name: %s}}' "$1"
    else
        printf '{cache: {kind: claim, name: %s-models}}' "$1"
    fi
}

own_claims() {
    if grep -q 'cache:' "$WORK/earlier.yaml"; then return 1; fi
    [ -n "$DRY_RUN" ] || ask get persistentvolumeclaim asr-models tts-models llm-models --namespace "$NAMESPACE" -o name >/dev/null 2>&1
}

# Models ahead of the pods: NIMCaches of k8s/infra/nim-cache, for the NIMs that the chart runs.
fetch_models() {
    cp -R "$ROOT/k8s/infra/nim-cache" "$WORK/"
    sed -i "s|^  NAMESPACE: .*|  NAMESPACE: \"$NAMESPACE\"|" "$WORK/nim-cache/settings.yaml"
    kubectl kustomize "$WORK/nim-cache" >"$WORK/caches.yaml"
    check_images
    say "the NIMCaches asr, tts and llm (the first time 20 to 40 minutes):"
    apply <"$WORK/caches.yaml"
    run kube wait nimcache/asr nimcache/tts nimcache/llm --namespace "$NAMESPACE" \
        --for=jsonpath='{.status.state}'=Ready --timeout="$TIMEOUT" ||
        fail "the models were not fetched within $TIMEOUT" \
            "kubectl get nimcache,pods --namespace $NAMESPACE; kubectl describe nimcache asr --namespace $NAMESPACE" \
            "a pod that waits for its volume: are the folders there (deploy_infra.sh tells which)?" \
            "only slow: run it again, it goes on where it is; --timeout 2h"
}

# What is fetched must be what the chart runs.
check_images() {
    local image
    while IFS= read -r image; do
        grep -A 1 -F "repository: ${image%:*}" "$WORK/chart.yaml" | grep -qF "\"${image##*:}\"" ||
            fail "k8s/infra/nim-cache fetches $image, which the chart does not run" \
                "put the images of your values into k8s/infra/nim-cache/settings.yaml"
    done < <(sed -n 's/^ *modelPuller: //p' "$WORK/caches.yaml")
}

deploy_riva_api() {
    say "the older Riva server, from $RIVA_API:"
    run helm upgrade --install riva-api "$RIVA_API" --namespace "$NAMESPACE" ${CONTEXT:+--kube-context "$CONTEXT"} \
        --values "$ROOT/helm/riva-api/values.yaml" --wait --timeout "$TIMEOUT" ||
        fail "riva-api did not become healthy within $TIMEOUT" \
            "kubectl get pods --namespace $NAMESPACE; kubectl logs --namespace $NAMESPACE deployment/riva-api --all-containers --tail 50" \
            "the first start builds its models for 20 to 40 minutes: --timeout 90m"
}

await_nims() {
    rendered NIMService || return 0
    say "waiting for the NIMs, $TIMEOUT at most:"
    run kube wait nimservice --selector "app.kubernetes.io/instance=$RELEASE" --namespace "$NAMESPACE" \
        --for=jsonpath='{.status.state}'=Ready --timeout="$TIMEOUT" ||
        fail "the NIMs did not become ready within $TIMEOUT" \
            "kubectl get nimservice,pods --namespace $NAMESPACE; kubectl logs --namespace $NAMESPACE -l app=$RELEASE-asr --tail 50" \
            "Pending: too few GPUs (kubectl describe pod), or time-slicing: docs/install-on-kubernetes.md" \
            "only slow: run it again; --timeout 2h"
}

main() {
    parse "$@"
    need_kubectl
    [ -n "$SECRETS_ONLY" ] || need_helm
    [ -n "$EXTERNAL" ] || take_key
    need_cluster
    need_namespace
    if [ -z "$SECRETS_ONLY" ]; then prepare_servers; fi
    if [ -n "$EXTERNAL" ]; then await_secrets; else make_secrets; fi
    [ -z "$SECRETS_ONLY" ] || return 0
    if [ -n "$FETCH" ]; then fetch_models; fi
    if [ -n "$RIVA_API" ]; then deploy_riva_api; fi
    make_token
    say "the chart helm/voicebot into the namespace $NAMESPACE, as release $RELEASE:"
    release_chart begun
    await_nims
    if [ -z "$DRY_RUN" ]; then ask_doctor || say "No bot is up yet to ask them: deploy_bot.sh will."; fi
    tell "Recognition, synthesis and the language model are up. Next: scripts/deploy_bot.sh"
}

# All that can be refused, before anything is changed.
prepare_servers() {
    MADE+=("${SECRETS[@]}")
    begin_release
    choose_values
    render_chart
    choose_token
    render_chart
    need_what_chart_needs
    if rendered NIMService || [ -n "$RIVA_API" ]; then need_gpus; fi
    if [ -n "$FETCH" ]; then
        [ -z "$RIVA_API" ] || misused "--fetch-models is for NIMs: riva-api fetches its own"
        [ -n "$DRY_RUN" ] || own_claims || fail "--fetch-models puts models into claims that are not there, or that earlier values do not use" \
            "first run: scripts/deploy_infra.sh"
    fi
}

main "$@"
