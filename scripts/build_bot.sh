#!/usr/bin/env bash
# Builds the images: voicebot, voicebot:...-local and voicebot-asterisk.
# shellcheck source=scripts/deploy_lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/deploy_lib.sh" || exit 1

usage() {
    cat <<END
Builds the images voicebot (the bot), voicebot:TAG-local (the embedded servers) and voicebot-asterisk.

  scripts/build_bot.sh                                     for this machine's Docker, as compose.yaml wants them
  scripts/build_bot.sh --push --registry REGISTRY/PATH     amd64 and arm64, with SBOM and provenance, pushed
  scripts/build_bot.sh --sbom FOLDER                       only lists what Python packages go in; needs no Docker

  --registry HOST/PATH   what the images' names begin with (nothing)
  --tag TAG              their tag (with --push: the version and the commit, such as 0.1.0-4f2a9c1; else latest)
  --only NAMES           of bot, local, asterisk; several with commas (all)
  --platform LIST        such as linux/amd64,linux/arm64 (with --push or --oci: these two; else this machine's)
  --push                 push them; a tag that the registry already has is left as it is
  --oci FOLDER           write them as OCI archives, for a registry that this machine does not reach
  --extras LIST          the bot's extras ("sip otel"), such as "sip otel turn-model"
  --python-digest D      sha256:..., the bytes of the Python base image
  --debian-digest D      sha256:..., the bytes of Asterisk's base image
  --source URL           where the source is, for the images' labels
  --sbom FOLDER          write CycloneDX lists of the Python packages, from uv.lock
  --dry-run              change nothing and ask no Docker; print what would be done
  -h, --help             this text
END
}

REGISTRY='' TAG='' ONLY=bot,local,asterisk PLATFORM='' PUSH='' OCI='' EXTRAS='sip otel gateway opus postgres'
PYTHON_DIGEST='' DEBIAN_DIGEST='' SOURCE='' SBOM=''
BOTH=linux/amd64,linux/arm64
BUILDER=voicebot # its own, so that no other builder's settings matter

read_words() {
    while [ $# -gt 0 ]; do
        case $1 in
            -h | --help) usage && exit 0 ;;
            --dry-run) DRY_RUN=yes ;;
            --push) PUSH=yes ;;
            --registry) REGISTRY=$(value_of "$@") || exit 2
                shift ;;
            --tag) TAG=$(value_of "$@") || exit 2
                shift ;;
            --only) ONLY=$(value_of "$@") || exit 2
                shift ;;
            --platform) PLATFORM=$(value_of "$@") || exit 2
                shift ;;
            --oci) OCI=$(value_of "$@") || exit 2
                shift ;;
            --extras) EXTRAS=$(value_of "$@") || exit 2
                shift ;;
            --python-digest) PYTHON_DIGEST=$(value_of "$@") || exit 2
                shift ;;
            --debian-digest) DEBIAN_DIGEST=$(value_of "$@") || exit 2
                shift ;;
            --source) SOURCE=$(value_of "$@") || exit 2
                shift ;;
            --sbom) SBOM=$(value_of "$@") || exit 2
                shift ;;
            *) misused "$1 is no option of this script" ;;
        esac
        shift
    done
}

check_words() {
    local digest='^(sha256:[0-9a-f]{64})?$'
    # Docker takes a first word without a dot or port for an account on Docker Hub.
    [[ $REGISTRY =~ ^((localhost|[A-Za-z0-9-]+\.[A-Za-z0-9.-]+|[A-Za-z0-9-]+:[0-9]+)(:[0-9]+)?(/[a-z0-9._/-]+)?)?$ ]] ||
        misused "--registry $REGISTRY: HOST or HOST/PATH, such as docker.io/bank or registry.example:5000"
    [[ $TAG =~ ^([A-Za-z0-9_][A-Za-z0-9_.-]{0,120})?$ ]] || misused "--tag $TAG: letters, digits and ._- only"
    [[ $ONLY =~ ^(bot|local|asterisk)(,(bot|local|asterisk))*$ ]] || misused "--only $ONLY: of bot, local, asterisk"
    [[ $PLATFORM =~ ^(linux/(amd64|arm64)(,linux/(amd64|arm64))?)?$ ]] ||
        misused "--platform $PLATFORM: linux/amd64, linux/arm64 or both; Asterisk and the wheels are for these"
    [[ $EXTRAS =~ ^[a-z\ -]*$ ]] || misused "--extras $EXTRAS: names of extras in pyproject.toml, with blanks between"
    [[ $PYTHON_DIGEST =~ $digest ]] || misused "--python-digest $PYTHON_DIGEST: sha256: and 64 hexadecimal digits"
    [[ $DEBIAN_DIGEST =~ $digest ]] || misused "--debian-digest $DEBIAN_DIGEST: sha256: and 64 hexadecimal digits"
    [ -z "$PUSH" ] || [ -n "$REGISTRY" ] || misused "--push needs --registry HOST/PATH: where to"
    [ -z "$PUSH" ] || [ -z "$OCI" ] || misused "--push and --oci: one of them"
    [[ -n $PUSH$OCI || $PLATFORM != *,* ]] ||
        misused "--platform $PLATFORM: Docker keeps images of one platform only; add --push or --oci FOLDER"
}

# ---- what is built ---------------------------------------------------------------------------------

settle() {
    VERSION=$(sed -n 's/^version = "\(.*\)"$/\1/p' "$ROOT/pyproject.toml")
    REVISION=$(git -C "$ROOT" rev-parse HEAD 2>/dev/null) || REVISION=unknown
    local dirty=''
    [ -z "$(git -C "$ROOT" status --porcelain 2>/dev/null)" ] || dirty=-dirty
    # Files in the images are dated by the commit: the same source gives the same bytes.
    SOURCE_DATE_EPOCH=$(git -C "$ROOT" log -1 --format=%ct 2>/dev/null) || SOURCE_DATE_EPOCH=0
    export SOURCE_DATE_EPOCH
    if [ -n "$PUSH$OCI" ]; then
        TAG=${TAG:-$VERSION-${REVISION:0:7}$dirty} PLATFORM=${PLATFORM:-$BOTH}
    else
        TAG=${TAG:-latest}
    fi
    [ -z "$PUSH" ] || [ -z "$dirty" ] || [ -n "$DRY_RUN" ] ||
        fail "there are changes that are not committed, and a pushed image should name its source" "commit them, or build without --push"
    PREFIX=${REGISTRY:+${REGISTRY%/}/}
}

# The name of one image: `image_of local` prints voicebot:TAG-local.
image_of() {
    case $1 in
        bot) printf '%svoicebot:%s\n' "$PREFIX" "$TAG" ;;
        local) printf '%svoicebot:%s-local\n' "$PREFIX" "$TAG" ;;
        asterisk) printf '%svoicebot-asterisk:%s\n' "$PREFIX" "$TAG" ;;
    esac
}

# ---- checks before anything is built -----------------------------------------------------------------

check_docker() {
    need_tool docker "install Docker Engine: https://docs.docker.com/engine/install/"
    docker info >/dev/null 2>&1 ||
        fail "no Docker Engine answers" "start it, and see that \`docker info\` answers you (DOCKER_HOST, the group docker)"
    docker buildx version >/dev/null 2>&1 ||
        fail "docker has no buildx" "install the package docker-buildx-plugin (Docker's) or docker-buildx (Debian's)"
    if [ -n "$PUSH" ]; then
        local host=${REGISTRY%%/*}
        docker login "$host" </dev/null >/dev/null 2>&1 ||
            fail "not logged in to $host" "docker login $host"
    fi
}

# Only a builder in a container builds for two platforms and writes attestations.
ensure_builder() {
    [ -n "$PUSH$OCI" ] || return 0
    if [ -z "$DRY_RUN" ] && docker buildx inspect "$BUILDER" >/dev/null 2>&1; then
        return 0
    fi
    run docker buildx create --name "$BUILDER" --driver docker-container
}

# ---- building ---------------------------------------------------------------------------------------

build() {
    local what=$1 image words
    image=$(image_of "$what")
    if [ -n "$PUSH" ] && [ -z "$DRY_RUN" ] && docker buildx imagetools inspect "$image" >/dev/null 2>&1; then
        say "$image is in the registry: left as it is."
        return 0
    fi
    words=(docker buildx build --tag "$image" --build-arg "VERSION=$VERSION" --build-arg "REVISION=$REVISION")
    [ -z "$SOURCE" ] || words+=(--build-arg "SOURCE=$SOURCE")
    [ -z "$PLATFORM" ] || words+=(--platform "$PLATFORM")
    if [ -n "$PUSH$OCI" ]; then
        words+=(--builder "$BUILDER" --sbom=true --provenance=mode=max)
    fi
    if [ -n "$PUSH" ]; then
        words+=(--push)
    elif [ -n "$OCI" ]; then
        words+=(--output "type=oci,dest=$OCI/voicebot-$what-$TAG.tar")
    else
        words+=(--load)
    fi
    [ "$what" != bot ] || words+=(--build-arg "EXTRAS=$EXTRAS")
    case $what in
        asterisk) words+=(${DEBIAN_DIGEST:+--build-arg "DEBIAN_DIGEST=$DEBIAN_DIGEST"} "$ROOT/asterisk") ;;
        *) words+=(${PYTHON_DIGEST:+--build-arg "PYTHON_DIGEST=$PYTHON_DIGEST"} --target "$what" "$ROOT") ;;
    esac
    say "Building $image ..."
    run "${words[@]}"
}

# What goes into the images of Python's packages, from uv.lock alone.
write_sbom() {
    local uv extra words=()
    mkdir -p "$SBOM" || fail "$SBOM cannot be made" "give --sbom a folder that you may write to"
    uv=$(command -v uv || python3 "$ROOT/scripts/fetch_uv.py") ||
        fail "there is no uv, and it cannot be fetched" "install it: https://docs.astral.sh/uv/"
    for extra in $EXTRAS; do words+=(--extra "$extra"); done
    sbom bot "${words[@]}"
    sbom local --extra local
}

sbom() {
    local file=$SBOM/voicebot-$1.cdx.json
    (cd "$ROOT" && "$uv" export --quiet --frozen --no-dev --format cyclonedx1.5 --output-file "$file" "${@:2}") >/dev/null ||
        fail "uv cannot list the packages of $1" "are --extras $EXTRAS in pyproject.toml?"
    say "Wrote $file"
}

read_words "$@"
check_words
settle
if [ -n "$SBOM" ]; then
    if [ -n "$DRY_RUN" ]; then say "would write $SBOM/voicebot-{bot,local}.cdx.json"; else write_sbom; fi
    [ -n "$PUSH$OCI" ] || exit 0
fi
[ -n "$DRY_RUN" ] || check_docker
[ -z "$OCI" ] || run mkdir -p "$OCI"
ensure_builder
for what in ${ONLY//,/ }; do build "$what"; done
