"""What is kept of calls: records, recordings; and who is told of them: webhooks."""

from typing import Annotated, Literal

from pydantic import Field, SecretStr

from bot.config_part import Part


class RecordSettings(Part):
    """
    Calls, turns, events, fields and intervals in a database (docs/records.md).

    Off by default: what is kept of callers, and for how long, is for the operator to decide.
    """

    url: SecretStr = SecretStr("")
    """`sqlite:////var/lib/voicebot/calls.db` (one bot, or several on one machine), or
    `postgresql://USER:PASSWORD@HOST/DATABASE` (needs the extra `postgres`). Empty: nothing kept."""
    transcripts: bool = True
    """Keep what was said, identifying numbers masked. Off: only times, names and numbers of
    turns, and no words in webhooks either."""
    retention_days: Annotated[int, Field(ge=0, le=36_500)] = 90
    """Calls are deleted so many days after they began, with their recordings. 0: never."""
    queue: Annotated[int, Field(ge=100, le=1_000_000)] = 20_000
    """Entries (an event, a turn with its intervals) that may wait while the database is slow or
    away; further ones are dropped and counted."""


class WebhookSettings(Part):
    """Other systems are told of calls by HTTP (docs/webhooks.md). Needs `records.url`."""

    url: Annotated[str, Field(pattern=r"^(https?://\S+)?$")] = ""
    """Each event is posted there. Empty: none are made."""
    secret: SecretStr = SecretStr("")
    """What they are signed with: `whsec_` and 24 to 64 bytes in base64, as Standard Webhooks has
    it. Two, separated by a space, while one replaces the other: both sign."""
    types: tuple[
        Literal[
            "call.started", "turn.ended", "field.collected", "transfer.requested", "call.ended",
            "order.ended",
        ],
        ...,
    ] = (
        "call.started", "turn.ended", "field.collected", "transfer.requested", "call.ended",
        "order.ended",
    )  # fmt: skip
    """Which events are sent."""
    timeout: Annotated[float, Field(gt=0, le=60)] = 10.0
    """Seconds that one delivery may take, its connection included."""
    parallel: Annotated[int, Field(ge=1, le=64)] = 8
    """Deliveries at once by one bot; those of one call are always one after another."""
    dead_after: Annotated[float, Field(gt=0, le=720)] = 24.0
    """Hours of tries after which an event is put aside (`voicebot webhooks list`)."""
    before_transfer: Annotated[float, Field(ge=0, le=2)] = 1.0
    """Seconds that a transfer waits for the first answer to `transfer.requested`, so that the
    agent's screen knows the call before the phone rings. 0: it does not wait."""
    most: Annotated[int, Field(ge=100, le=10_000_000)] = 100_000
    """Events that may wait for their delivery; further ones are dropped and counted."""
    ca: str = ""
    """The authority of the receiver's certificate, PEM; empty: the usual ones."""


class S3Settings(Part):
    """S3-compatible storage of recordings. Needs the extra `s3`."""

    bucket: str = ""
    """Empty: recordings stay in `recordings.folder`."""
    prefix: str = "calls/"
    endpoint: str = ""
    """`https://minio.example:9000`; empty: Amazon's."""
    region: str = "us-east-1"
    access_key: SecretStr = SecretStr("")
    """Empty, with `secret_key`: what the AWS SDK finds (environment, role of the pod)."""
    secret_key: SecretStr = SecretStr("")


class RecordingSettings(Part):
    """The sound of calls, caller left and bot right (docs/recordings.md). Needs `records.url`."""

    enabled: bool = False
    folder: str = "recordings"
    """Where they are kept; with S3, where they wait for their way there."""
    format: Literal["wav", "opus"] = "wav"
    """A minute takes 1.9 MB as `wav` (twice that of a wideband call), about a tenth as `opus`,
    which needs the extra `recordings`."""
    announcement: str = "यह कॉल गुणवत्ता के लिए रिकॉर्ड की जा रही है।"
    """Said at the beginning of each recorded call, after `phrases.notice`. Empty: nothing."""
    queue: Annotated[int, Field(ge=10, le=100_000)] = 1000
    """Pieces of half a second that may wait for a slow disk; further ones become silence."""
    retention_days: Annotated[int, Field(ge=0, le=36_500)] = 0
    """They are deleted after so many days. 0: with the call's record."""
    s3: S3Settings = S3Settings()
