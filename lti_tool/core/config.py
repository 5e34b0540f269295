"""Settings, read from the environment (prefix DANGKE_). Every field is documented in docs/settings.md; a test checks it."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

SAMPLE_SECRETS = {"change-me", "changeme", "secret", "please-change-this-secret-to-your-own"}


class Env(StrEnum):
    """Where the tool runs. Only `demo` and `test` may hold demo registrations and speak to loopback platforms."""

    production = "production"
    demo = "demo"
    development = "development"
    test = "test"


class ConfigError(Exception):
    """The settings cannot be used; the message is one sentence per fault."""


class Settings(BaseSettings):
    """All settings of the tool."""

    model_config = SettingsConfigDict(env_prefix="DANGKE_", extra="ignore", frozen=True)

    env: Env = Field(Env.production, description="production, demo, development or test.")
    secret: SecretStr = Field(description="At least 32 bytes of your own; all keys are derived from it.")
    secret_previous: SecretStr | None = Field(None, description="The secret before a rotation; still readable.")
    database_url: str = Field("sqlite:///dangke.db", description="sqlite:///path or postgresql+psycopg://...")
    public_url: str = Field("http://127.0.0.1:8000", description="The tool's own origin as browsers see it.")
    data_dir: Path = Field(Path("data"), description="Folder for uploads and lock files.")
    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: Annotated[int, Field(ge=1, le=65535)] = Field(8000, description="Port to listen on.")
    metrics_port: Annotated[int, Field(ge=0, le=65535)] = Field(
        0, description="Loopback port of /metrics; 0 switches it off."
    )
    web_processes: Annotated[int, Field(ge=1, le=64)] = Field(2, description="Web processes of `dangke serve`.")
    web_threads: Annotated[int, Field(ge=1, le=256)] = Field(16, description="Threads per web process.")
    drain_concurrency: Annotated[int, Field(ge=1, le=64)] = Field(
        8, description="Scores sent at the same time to one LMS."
    )
    trusted_proxies: Annotated[int, Field(ge=0, le=10)] = Field(
        0, description="How many proxy hops of X-Forwarded-* count; 0 ignores these headers."
    )
    logins_per_minute: Annotated[int, Field(ge=5, le=10_000)] = Field(
        20, description="Logins of one person in one LMS, and in one browser session, before he is asked to wait."
    )
    log_level: str = Field("INFO", description="DEBUG, INFO, WARNING or ERROR.")
    keep_ended_hours: Annotated[int, Field(ge=0, le=720)] = Field(
        1, description="Hours that ended logins, sessions, choices, tokens and invitations are kept."
    )
    keep_failures_days: Annotated[int, Field(ge=1, le=3650)] = Field(
        30, description="Days that refused logins and launches are kept."
    )
    keep_pointers_days: Annotated[int, Field(ge=2, le=3650)] = Field(
        7, description="Days that a member's last sign of life while reading is kept; credited time stays."
    )
    keep_score_history_days: Annotated[int, Field(ge=0, le=36500)] = Field(
        0, description="Days that older steps of a score's way are kept; 0: for good. The last step always stays."
    )
    keep_console_log_days: Annotated[int, Field(ge=0, le=36500)] = Field(
        0, description="Days that the log of the operator's console is kept; 0: for good."
    )
    allowed_lms_hosts: str = Field("", description="Comma-separated host names of LMSs on private addresses.")

    @field_validator("secret", "secret_previous")
    @classmethod
    def _strong(cls, value: SecretStr | None) -> SecretStr | None:
        if value is None:
            return None
        text = value.get_secret_value()
        if len(text.encode()) < 32 or text.lower() in SAMPLE_SECRETS or len(set(text)) < 8:
            raise ValueError("must be at least 32 bytes of your own random text, not a sample")
        return value

    @field_validator("database_url")
    @classmethod
    def _engine(cls, value: str) -> str:
        wanted = "must be sqlite:///path or postgresql+psycopg://user@host/name"
        try:
            url = make_url(value)
        except ArgumentError:
            raise ValueError(wanted) from None
        is_file = url.drivername == "sqlite" and url.database not in {None, "", ":memory:"}
        if not is_file and url.drivername != "postgresql+psycopg":
            raise ValueError(wanted)
        return value

    @field_validator("log_level")
    @classmethod
    def _level(cls, value: str) -> str:
        if value.upper() not in {"DEBUG", "INFO", "WARNING", "ERROR"}:
            raise ValueError("must be DEBUG, INFO, WARNING or ERROR")
        return value.upper()

    @field_validator("public_url")
    @classmethod
    def _origin(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path.strip("/") or parts.query:
            raise ValueError("must be an origin such as https://dangke.example.edu, without a path")
        return f"{parts.scheme}://{parts.netloc}"

    @model_validator(mode="after")
    def _https_outside(self) -> Self:
        if self.env is Env.production and not self.public_url.startswith("https://"):
            raise ValueError("public_url must be https in production (cookies in an LMS frame need it)")
        return self

    @property
    def is_lenient(self) -> bool:
        """Whether loopback platforms and plain http are allowed (demo, development, test)."""
        return self.env is not Env.production

    @property
    def lms_hosts(self) -> frozenset[str]:
        """Host names that may resolve to private addresses."""
        return frozenset(host.strip().lower() for host in self.allowed_lms_hosts.split(",") if host.strip())


def load_settings(**overrides: object) -> Settings:
    """Read the settings.

    Raises ConfigError with one sentence per fault, each naming the environment variable.
    """
    try:
        return Settings(**overrides)  # type: ignore[arg-type]  # the values are validated by pydantic itself
    except ValidationError as error:
        faults = []
        for fault in error.errors():
            name = "DANGKE_" + "_".join(str(part) for part in fault["loc"]).upper() if fault["loc"] else "Settings"
            words = "is missing" if fault["type"] == "missing" else fault["msg"].removeprefix("Value error, ")
            faults.append(f"{name} {words}.")
        raise ConfigError(" ".join(faults)) from None
