"""config.toml: find it, read it, say everything that is wrong with it."""

from watchd.config.load import find, load
from watchd.config.settings import (
    Config,
    FetchSettings,
    Heartbeat,
    NotifySettings,
    ReceiverConfig,
    StoreSettings,
    WordsSettings,
    receiver_problem,
)

__all__ = [
    "Config",
    "FetchSettings",
    "Heartbeat",
    "NotifySettings",
    "ReceiverConfig",
    "StoreSettings",
    "WordsSettings",
    "find",
    "load",
    "receiver_problem",
]
