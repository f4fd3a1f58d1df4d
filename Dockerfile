# The bot's image (the last stage, `bot`) and, with `--target local`, the one that has the embedded
# speech and language servers too. scripts/build_bot.sh builds both; docs/images.md says how to use them.

# The newest exact tag that Docker's official-images list had when this was written; PYTHON_DIGEST
# (sha256:...) pins its bytes.
ARG PYTHON_DIGEST=""

FROM python:3.13.15-slim-trixie${PYTHON_DIGEST:+@}${PYTHON_DIGEST} AS python

# ---- what is installed ------------------------------------------------------------------------

FROM python AS builder
ENV VOICEBOT_CACHE=/var/cache/voicebot \
    UV_PROJECT_ENVIRONMENT=/opt/voicebot \
    UV_PYTHON_DOWNLOADS=never \
    UV_LINK_MODE=copy \
    UV_COMPILE_BYTECODE=1
WORKDIR /build
# uv itself, in the version that scripts/test uses, checked by its sha256.
COPY scripts/fetch_uv.py scripts/
RUN ln -s "$(python scripts/fetch_uv.py)" /usr/local/bin/uv
COPY pyproject.toml uv.lock README.md LICENSE ./

# Every package in the version and with the sha256 that uv.lock names. What changes seldom first: a
# change of the bot itself installs the bot alone.
FROM builder AS bot-packages
ARG EXTRAS="sip otel gateway opus postgres"
RUN --mount=type=cache,target=/root/.cache/uv \
    set -- && for extra in ${EXTRAS}; do set -- "$@" --extra "${extra}"; done \
 && uv sync --frozen --no-dev --no-install-project "$@"
COPY bot bot
RUN --mount=type=cache,target=/root/.cache/uv \
    set -- && for extra in ${EXTRAS}; do set -- "$@" --extra "${extra}"; done \
 && uv sync --frozen --no-dev --no-editable "$@"

FROM builder AS local-packages
RUN --mount=type=cache,target=/root/.cache/uv \
    uv sync --frozen --no-dev --no-install-project --extra local
COPY bot bot
RUN --mount=type=cache,target=/root/.cache/uv \
    uv sync --frozen --no-dev --no-editable --extra local

# The embedded models (whisper-base, Kokoro), checked by their sha256.
FROM local-packages AS local-models
RUN VOICEBOT_CACHE=/models /opt/voicebot/bin/voicebot local --fetch-only

# ---- the embedded servers: `--target local` -------------------------------------------------------

FROM python AS local
# The phonemes of Hindi words, a program of its own (GPL-3). Debian's release pins its version.
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install --yes --no-install-recommends espeak-ng \
 && rm -rf /var/lib/apt/lists/*
COPY --from=local-models /models/models /opt/voicebot-cache/models
COPY --from=local-packages /opt/voicebot /opt/voicebot
ENV PATH=/opt/voicebot/bin:${PATH} \
    PYTHONUNBUFFERED=1 \
    VOICEBOT_CACHE=/opt/voicebot-cache \
    HF_HUB_OFFLINE=1

ARG VERSION=unreleased
ARG REVISION=unknown
ARG SOURCE=""
LABEL org.opencontainers.image.title="voicebot-local" \
      org.opencontainers.image.description="Embedded speech and language servers that speak Riva's and a NIM's protocols" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.source="${SOURCE}" \
      org.opencontainers.image.licenses="Apache-2.0 AND MIT AND GPL-3.0-or-later" \
      org.opencontainers.image.base.name="docker.io/library/python:3.13.15-slim-trixie"

USER 10001:10001
WORKDIR /opt/voicebot
EXPOSE 50051 8000
# Both servers: the language model says that it is ready, and the speech server, which is up before it,
# takes connections.
HEALTHCHECK --interval=10s --timeout=3s --start-period=120s \
  CMD ["bash", "-c", "exec 4<>/dev/tcp/127.0.0.1/50051 3<>/dev/tcp/127.0.0.1/8000 && printf 'GET /v1/health/ready HTTP/1.0\\r\\n\\r\\n' >&3 && read -r _ status _ <&3 && [ \"$status\" = 200 ]"]
ENTRYPOINT ["voicebot"]
CMD ["local", "--host", "0.0.0.0"]

# ---- the bot ----------------------------------------------------------------------------------

FROM python AS bot
# The one folder that may be written to, and only where `riva.tts.disk` names it.
RUN install -d -m 0700 -o 10001 -g 10001 /var/lib/voicebot/speech
COPY --from=bot-packages /opt/voicebot /opt/voicebot
# Inside a container, loopback would be reached by nobody.
ENV PATH=/opt/voicebot/bin:${PATH} \
    PYTHONUNBUFFERED=1 \
    BOT_HTTP__HOST=0.0.0.0 \
    BOT_AUDIOSOCKET__HOST=0.0.0.0 \
    BOT_GATEWAY__HOST=0.0.0.0

ARG VERSION=unreleased
ARG REVISION=unknown
ARG SOURCE=""
LABEL org.opencontainers.image.title="voicebot" \
      org.opencontainers.image.description="A telephone voice bot for Hindi callers: Asterisk, NVIDIA Riva and an LLM NIM" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.source="${SOURCE}" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.base.name="docker.io/library/python:3.13.15-slim-trixie"

USER 10001:10001
WORKDIR /opt/voicebot
EXPOSE 8080 9092 50061
# A shell asks: no second Python every ten seconds on a machine that keeps 20 ms timers.
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s \
  CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/${BOT_HTTP__PORT:-8080} && printf 'GET /readyz HTTP/1.0\\r\\n\\r\\n' >&3 && read -r _ status _ <&3 && [ \"$status\" = 200 ]"]
ENTRYPOINT ["voicebot"]
CMD ["serve"]
