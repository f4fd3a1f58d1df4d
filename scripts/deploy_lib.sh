# Sourced by the deploy scripts: the options they share, what is checked before anything is changed, and the
# one place where a cluster is written to.
# shellcheck shell=bash
# shellcheck disable=SC2034 # what is set here is read by the scripts

# A trace (bash -x) would print the NGC key and passwords.
set +x
set -euo pipefail
# Out of the environment of all that is started from here.
NGC_KEY=${NGC_API_KEY:-}
unset NGC_API_KEY

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
CHART=$ROOT/helm/voicebot
MANAGER=voicebot-scripts
OLDEST_KUBERNETES=30 # 1.30, as the chart
OLDEST_HELM=14       # 3.14, for --reset-then-reuse-values

NAMESPACE=voicebot
RELEASE=voicebot
CONTEXT=''
TIMEOUT=10m
TIMEOUT_GIVEN=''
DRY_RUN=''
TAKEN=0
WORDS=() # for the chart
MADE=()  # secrets that the script makes
NOBODY=192.0.2.1/32 # an address that nobody has (RFC 5737), where the chart wants Asterisk's and there is none yet

COMMON_OPTIONS="  -n, --namespace NAME   the namespace (voicebot)
      --release NAME     the Helm release (voicebot)
      --context NAME     the cluster, as in ~/.kube/config (the current one)
      --timeout TIME     how long to wait for health, such as 90s or 45m
      --dry-run          change nothing and ask no cluster; print what would be done, as YAML with comments
  -h, --help             this text"

# ---- words ---------------------------------------------------------------------------------------

# One line to the user; a comment where the output is YAML.
say() {
    printf '%s%s\n' "${DRY_RUN:+# }" "$*"
}

# What is so now: not said where nothing was done.
tell() {
    [ -n "$DRY_RUN" ] || say "$@"
}

# What is wrong, and what to do about it; ends the script.
fail() {
    printf '%s: %s\n' "$(basename "$0")" "$1" >&2
    [ $# -lt 2 ] || printf '  -> %s\n' "${@:2}" >&2
    exit 1
}

# Wrong words on the command line.
misused() {
    printf '%s: %s\n  -> %s --help\n' "$(basename "$0")" "$1" "$0" >&2
    exit 2
}

# A shared option in $1 (its value in $2); TAKEN is how many words it was.
common_option() {
    TAKEN=2
    case $1 in
        -h | --help) usage && exit 0 ;;
        --dry-run) DRY_RUN=yes TAKEN=1 ;;
        -n | --namespace) NAMESPACE=$(value_of "$@") || exit 2 ;;
        --release) RELEASE=$(value_of "$@") || exit 2 ;;
        --context) CONTEXT=$(value_of "$@") || exit 2 ;;
        --timeout) TIMEOUT=$(value_of "$@") && TIMEOUT_GIVEN=yes || exit 2 ;;
        *) misused "$1 is no option of this script" ;;
    esac
}

# The word after an option: `value_of --node gpu-1 ...` prints gpu-1.
value_of() {
    [ $# -ge 2 ] && [ -n "$2" ] && [ "${2#--}" = "$2" ] || misused "$1 needs a value"
    printf '%s\n' "$2"
}

check_names() {
    local name='^[a-z0-9]([-a-z0-9]{0,51}[a-z0-9])?$'
    [[ $NAMESPACE =~ $name ]] || misused "--namespace $NAMESPACE: lower-case letters, digits and hyphens, 53 at most"
    [[ $RELEASE =~ $name ]] || misused "--release $RELEASE: lower-case letters, digits and hyphens, 53 at most"
    [[ $TIMEOUT =~ ^[1-9][0-9]*[smh]$ ]] || misused "--timeout $TIMEOUT: a number with s, m or h, such as 45m"
}

# ---- the cluster ---------------------------------------------------------------------------------

kube() {
    kubectl ${CONTEXT:+--context "$CONTEXT"} "$@"
}

# A question to the cluster that must not hang.
ask() {
    kube --request-timeout=15s "$@"
}

# A command that changes something: only told in a dry run.
run() {
    if [ -n "$DRY_RUN" ]; then
        if [ "$1" = kube ]; then set -- kubectl ${CONTEXT:+--context "$CONTEXT"} "${@:2}"; fi
        printf '# would run:'
        printf ' %q' "$@"
        printf '\n'
    else
        "$@"
    fi
}

# Manifests from standard input into the cluster. Server-side: the API server keeps no copy of a secret in
# an annotation, and what others own of an object stays theirs.
apply() {
    if [ -n "$DRY_RUN" ]; then
        printf -- '---\n'
        cat
    else
        kube apply --server-side --field-manager="$MANAGER" -f -
    fi
}

# The same of secrets: a dry run shows them as comments, so that nobody applies what it shows in their place.
apply_secrets() {
    if [ -n "$DRY_RUN" ]; then sed 's/^/# /'; else apply; fi
}

# ---- checks before anything is changed ----------------------------------------------------------------

need_tool() {
    command -v "$1" >/dev/null || fail "$1 is not on the PATH" "$2"
}

need_kubectl() {
    need_tool kubectl "install it: https://kubernetes.io/docs/tasks/tools/"
}

need_helm() {
    need_tool helm "install Helm 3.$OLDEST_HELM or newer: https://helm.sh/docs/intro/install/"
    local version
    version=$(helm_version)
    [[ $version =~ ^v?([0-9]+)\.([0-9]+) ]] || fail "helm says no version: $version"
    [ $((1000 * BASH_REMATCH[1] + BASH_REMATCH[2])) -ge $((3000 + OLDEST_HELM)) ] ||
        fail "helm $version is too old" "install 3.$OLDEST_HELM or newer: https://helm.sh/docs/intro/install/"
}

helm_version() {
    helm version --template '{{.Version}}'
}

need_cluster() {
    [ -z "$DRY_RUN" ] || return 0
    local answer minor
    answer=$(ask get --raw /version 2>&1) ||
        fail "the cluster does not answer: $(tail -n 1 <<<"$answer")" \
            "which one is asked: kubectl config current-context; another one: --context NAME" \
            "is it up, and are your credentials valid: kubectl get nodes"
    minor=$(sed -n 's/.*"minor": *"\([0-9]*\).*/\1/p' <<<"$answer")
    [ "${minor:-0}" -ge $OLDEST_KUBERNETES ] ||
        fail "Kubernetes 1.${minor:-?} is too old: 1.$OLDEST_KUBERNETES or newer is needed"
}

need_namespace() {
    [ -z "$DRY_RUN" ] || return 0
    ask get namespace "$NAMESPACE" -o name >/dev/null 2>&1 ||
        fail "the namespace $NAMESPACE is not there" "first run: scripts/deploy_infra.sh --namespace $NAMESPACE"
}

# need_right VERB RESOURCE
need_right() {
    [ -z "$DRY_RUN" ] || return 0
    ask auth can-i "$1" "$2" --namespace "$NAMESPACE" >/dev/null 2>&1 ||
        fail "you may not $1 $2" \
            "let who may apply it: $0 --dry-run prints the manifests"
}

# need_crd NAME WHAT-BRINGS-IT WHAT-TO-DO-WITHOUT
need_crd() {
    [ -z "$DRY_RUN" ] || return 0
    ask get customresourcedefinition "$1" -o name >/dev/null 2>&1 ||
        fail "the cluster knows no $1" "$2" "$3"
}

# Lines `NODE RESOURCE NUMBER` of all GPUs that pods may ask for: whole ones, slices, MIG.
gpus() {
    # shellcheck disable=SC2016 # dollars of the template
    ask get nodes -o go-template='{{range .items}}{{$node := .metadata.name}}{{range $name, $number := .status.allocatable}}{{$node}} {{$name}} {{$number}}{{"\n"}}{{end}}{{end}}' |
        sed -n '/ nvidia\.com\/[^ ]* [1-9]/p'
}

need_gpus() {
    [ -z "$DRY_RUN" ] || return 0
    local found
    found=$(gpus)
    [ -n "$found" ] || fail "no node offers GPUs (nvidia.com/gpu)" \
        "install the NVIDIA GPU operator: docs/install-on-kubernetes.md, step 1" \
        "it is there? kubectl get pods --namespace gpu-operator; kubectl describe node NODE"
    say "GPUs that pods may ask for:"
    say_lines "$found"
}

say_lines() {
    local line
    while IFS= read -r line; do say "  $line"; done <<<"$1"
}

# ---- what the chart will need -------------------------------------------------------------------------

# A folder that is gone at the end: WORK.
make_work_folder() {
    WORK=$(mktemp -d)
    trap 'rm -rf "$WORK"' EXIT
}

# The same, with what earlier runs set: WORK/earlier.yaml.
begin_release() {
    make_work_folder
    earlier_values >"$WORK/earlier.yaml"
}

# The chart as the cluster would get it, into WORK/chart.yaml: values of earlier runs, then WORDS.
render_chart() {
    [ -f "$CHART/Chart.yaml" ] || fail "$CHART holds no chart" "run the script from a whole checkout"
    helm template "$RELEASE" "$CHART" --namespace "$NAMESPACE" --values "$WORK/earlier.yaml" "${WORDS[@]}" \
        >"$WORK/chart.yaml" || fail "the chart refuses these values" "its reason stands above"
}

# What earlier runs set, as YAML; {} at the first.
earlier_values() {
    if [ -n "$DRY_RUN" ] || ! helm get values "$RELEASE" --namespace "$NAMESPACE" \
        ${CONTEXT:+--kube-context "$CONTEXT"} --output yaml 2>/dev/null; then
        printf '{}\n'
    fi
}

# Whether the chart, as rendered, has an object of this kind.
rendered() {
    grep -qx "kind: $1" "$WORK/chart.yaml"
}

# That the cluster has what the chart, as rendered, asks for. Secrets in MADE are made afterwards.
need_what_chart_needs() {
    [ -z "$DRY_RUN" ] || return 0
    need_kinds
    need_secrets
    need_pod_security
}

# Custom resources in the chart need their operators.
need_kinds() {
    need_kind ScaledObject scaledobjects.keda.sh \
        "install KEDA: https://keda.sh/docs/latest/deploy/" "or without it: --set bot.autoscaling.kind=hpa"
    need_kind ServiceMonitor servicemonitors.monitoring.coreos.com \
        "install the Prometheus Operator (chart kube-prometheus-stack)" "or without it: --set monitoring.serviceMonitor.enabled=false"
    need_kind PrometheusRule prometheusrules.monitoring.coreos.com \
        "install the Prometheus Operator (chart kube-prometheus-stack)" "or without it: --set monitoring.rules.enabled=false"
    need_kind NIMService nimservices.apps.nvidia.com \
        "install the NIM Operator: docs/install-on-kubernetes.md, step 1" "or use servers elsewhere: helm/voicebot/values-external-nvidia.yaml"
    need_kind GRPCRoute grpcroutes.gateway.networking.k8s.io \
        "install the Gateway API: https://gateway-api.sigs.k8s.io/guides/" "or without it: --set rivaAccess.kind=none, gateway.access.kind=none"
    need_kind Cluster clusters.postgresql.cnpg.io \
        "install CloudNativePG: docs/chart.md, The database" "or a database that you have: --set records.source=external"
}

need_kind() {
    ! rendered "$1" || need_crd "$2" "$3" "$4"
}

# A pod that waits for a Secret waits for ever, and says so only in its events.
need_secrets() {
    local name
    while IFS= read -r name; do
        ask get secret "$name" --namespace "$NAMESPACE" -o name >/dev/null 2>&1 ||
            fail "the secret $name, which the chart's values name, is not in the namespace $NAMESPACE" \
                "make it, or correct the value that names it: helm get values $RELEASE --namespace $NAMESPACE"
    done < <(comm -23 <(named_secrets) <(made_secrets))
}

# Secrets of pods, in the chart's two ways of writing: `secretName: X` and `secretKeyRef:`, `name: X`.
named_secrets() {
    awk '/secretName: /{ print $NF } found && $1 == "name:" { print $2 } { found = /secretKeyRef:$/ }' "$WORK/chart.yaml" |
        tr -d '{}",' | sort -u
}

made_secrets() {
    {
        printf '%s\n' "${MADE[@]}"
        # CloudNativePG makes these two of each Cluster.
        awk '/^---/ { cluster = 0 } /^kind: Cluster$/ { cluster = 1 } cluster && /^  name: / { print $2 "-app"; print $2 "-ca"; cluster = 0 }' \
            "$WORK/chart.yaml"
        awk '/^---/ { secret = 0 } /^kind: Secret$/ { secret = 1 } secret && /^  name: / { print $2; secret = 0 }' "$WORK/chart.yaml"
    } | tr -d '"' | sort -u
}

need_pod_security() {
    grep -q '^ *hostNetwork: true$' "$WORK/chart.yaml" || return 0
    local level
    level=$(ask get namespace "$NAMESPACE" -o jsonpath='{.metadata.labels.pod-security\.kubernetes\.io/enforce}')
    case $level in
        baseline | restricted)
            fail "the namespace $NAMESPACE enforces pod security $level, and Asterisk wants the host's network" \
                "allow it: scripts/deploy_infra.sh --overlay ... --pod-security privileged" \
                "or give Asterisk a pod's network and a load balancer: --network pod, docs/chart.md"
            ;;
    esac
}

# ---- the Helm release --------------------------------------------------------------------------------

# Install or upgrade the chart, as rendered, with WORDS; what earlier runs set stays set.
# `healthy` waits until all is, and rolls back what does not become so; `begun` does not wait.
release_chart() {
    local until=$1 wait=()
    if [ -n "$DRY_RUN" ]; then
        run helm upgrade --install "$RELEASE" "$CHART" --namespace "$NAMESPACE" "${WORDS[@]}"
        printf '# The chart with these values (those of earlier runs, which only the cluster knows, are not in it):\n'
        cat "$WORK/chart.yaml"
        return
    fi
    if [ "$until" = healthy ]; then
        allow_for_calls
        wait=(--wait "$(undo_option)")
    fi
    helm upgrade --install "$RELEASE" "$CHART" --namespace "$NAMESPACE" ${CONTEXT:+--kube-context "$CONTEXT"} \
        --reset-then-reuse-values --timeout "$TIMEOUT" "${wait[@]}" "${WORDS[@]}" || not_released
}

# An Asterisk that is replaced lets its last call end first, one Asterisk after the other. With less patience an
# upgrade would be undone in the midst of that, and all of them drained once more.
allow_for_calls() {
    local up longest
    [ -z "$TIMEOUT_GIVEN" ] || return 0
    up=$(ask get pods --namespace "$NAMESPACE" --selector "$(labels asterisk)" -o name | wc -l)
    longest=$(sed -n 's/^ *terminationGracePeriodSeconds: //p' "$WORK/chart.yaml" | sort -n | tail -n 1)
    [ "$up" -gt 0 ] || return 0
    TIMEOUT=$((up * longest + 600))s
    say "If this changes Asterisk, calls that are up end first: $TIMEOUT at most, --timeout sets another limit."
}

# Helm 4 has another word for it.
undo_option() {
    case $(helm_version) in
        3.* | v3.*) printf -- '--atomic' ;;
        *) printf -- '--rollback-on-failure' ;;
    esac
}

not_released() {
    printf '\nWhat runs:\n' >&2
    ask get pods --namespace "$NAMESPACE" -l "$(labels '')" >&2 || true
    fail "the release $RELEASE did not become healthy within $TIMEOUT; an upgrade was rolled back" \
        "why: kubectl get events --namespace $NAMESPACE --sort-by=.lastTimestamp | tail -n 20" \
        "what was tried: helm history $RELEASE --namespace $NAMESPACE" \
        "'another operation is in progress': helm rollback $RELEASE --namespace $NAMESPACE" \
        "only slow: --timeout 30m"
}

# labels COMPONENT: how the chart's pods are found; all of them with an empty word.
labels() {
    printf 'app.kubernetes.io/instance=%s%s' "$RELEASE" "${1:+,app.kubernetes.io/component=$1}"
}

# ---- words for the chart ------------------------------------------------------------------------------

add_values() {
    local file
    file=$(value_of "$@")
    [ -r "$file" ] || misused "--values $file: no file that can be read"
    WORDS+=(--values "$file")
}

add_set() {
    local word
    word=$(value_of "$@")
    [[ $word = *=* ]] || misused "--set $word: NAME=VALUE"
    WORDS+=(--set "$word")
}

# add_image bot.image registry.example.com:5000/voicebot:0.1.0
add_image() {
    [[ $2 =~ ^(.+[^:/]):([A-Za-z0-9_][A-Za-z0-9._-]*)$ ]] || misused "--image $2: NAME:TAG, such as registry.example.com/voicebot:0.1.0"
    WORDS+=(--set "$1.repository=${BASH_REMATCH[1]}" --set-string "$1.tag=${BASH_REMATCH[2]}")
}

# ---- secrets ------------------------------------------------------------------------------------------

# printf is a part of the shell: what it prints is on no command line.
encoded() {
    printf '%s' "$1" | base64 | tr -d '\n'
}

# secret_of NAME KEY VALUE: the manifest of a Secret.
secret_of() {
    printf 'apiVersion: v1\nkind: Secret\nmetadata:\n  name: %s\n  namespace: "%s"\n' "$1" "$NAMESPACE"
    printf '  labels:\n    app.kubernetes.io/part-of: voicebot\n    app.kubernetes.io/instance: "%s"\n' "$RELEASE"
    printf 'type: Opaque\ndata:\n  %s: "%s"\n' "$2" "$(encoded "$3")"
}

# 256 bits of chance, as 64 hexadecimal digits.
chance() {
    [ -z "$DRY_RUN" ] || { printf not-shown-in-a-dry-run && return; }
    od -An -v -tx1 -N32 /dev/urandom | tr -d ' \n'
}

# What Asterisk shows the bots to register a call, where the values name no Secret for it: one of our own, made
# up once and kept. After render_chart; TOKEN_NAME is empty where there is nothing to make.
choose_token() {
    local ours=$RELEASE-pbx-token named
    named=$(awk 'found && $1 == "name:" { print $2; exit } /name: BOT_PBX__TOKEN$/ { seen = 1 } { found = seen && /secretKeyRef:$/ }' "$WORK/chart.yaml")
    TOKEN_NAME=''
    [ -z "$named" ] || [ "$named" = "$ours" ] || return 0
    TOKEN_NAME=$ours
    MADE+=("$ours")
    [ -n "$named" ] || WORDS+=(--set "pbxToken.existingSecret=$ours" --set pbxToken.key=token)
}

make_token() {
    [ -n "$TOKEN_NAME" ] || return 0
    if [ -z "$DRY_RUN" ] && ask get secret "$TOKEN_NAME" --namespace "$NAMESPACE" -o name >/dev/null 2>&1; then
        return
    fi
    say "the secret $TOKEN_NAME, between Asterisk and the bots:"
    secret_of "$TOKEN_NAME" token "$(chance)" | apply_secrets
}

# Render with the token chosen, check the cluster, make the token: all that comes before release_chart.
prepare_release() {
    render_chart
    choose_token
    render_chart
    need_what_chart_needs
    make_token
}

# ---- Asterisk comes later ---------------------------------------------------------------------------

# Until deploy_asterisk.sh ran, or values speak of Asterisk, the release has none: nothing waits for its image.
# Prints values for ours.yaml.
no_asterisk_yet() {
    local word
    for word in "$WORK/earlier.yaml" "${WORDS[@]}"; do
        if [ -f "$word" ] && grep -q '^asterisk:' "$word"; then return; fi
        case $word in asterisk.*) return ;; esac
    done
    printf 'asterisk: {enabled: false}\nnetworkPolicy: {asteriskCidrs: [%s]}\n' "$NOBODY"
}

# Our own values from standard input, before those of the user, which so go over them.
our_values() {
    cat >"$WORK/ours.yaml"
    [ -s "$WORK/ours.yaml" ] || return 0
    WORDS=(--values "$WORK/ours.yaml" "${WORDS[@]}")
    say "our own values, before yours (ours.yaml):"
    say_lines "$(<"$WORK/ours.yaml")"
}

# ---- the servers, as a call needs them ---------------------------------------------------------------

# A bot's doctor asks recognition, synthesis and the model what a call asks; 2 when no bot is up to be asked.
ask_doctor() {
    local pod told
    pod=$(ask get pods --selector "$(labels bot)" --namespace "$NAMESPACE" -o \
        jsonpath='{range .items[*]}{.metadata.name} {.status.conditions[?(@.type=="Ready")].status}{"\n"}{end}' |
        sed -n 's/ True$//p' | head -n 1)
    [ -n "$pod" ] || return 2
    told=$(kube exec --namespace "$NAMESPACE" "$pod" -- voicebot doctor 2>/dev/null || true)
    told=$(awk '/^(ok|WRONG)/ { ours = /^(ok|WRONG) +(riva|llm) / } ours' <<<"$told")
    say_lines "$told"
    if [ -z "$told" ] || grep -q ^WRONG <<<"$told"; then
        fail "the bots are up, and the servers not as a call needs them" \
            "the lines above say what to do; to ask again: kubectl exec --namespace $NAMESPACE $pod -- voicebot doctor"
    fi
}
