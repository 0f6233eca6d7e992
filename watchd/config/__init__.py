"""config.toml: find it, read it, say everything that is wrong with it."""

from watchd.config.load import find, load
from watchd.config.settings import (
    Config,
    FetchSettings,
    NotifySettings,
    ReceiverConfig,
    receiver_problem,
)

__all__ = [
    "Config",
    "FetchSettings",
    "NotifySettings",
    "ReceiverConfig",
    "find",
    "load",
    "receiver_problem",
]
