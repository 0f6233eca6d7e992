"""Everything the daemon imports, and the plug-ins that Apprise loads: see process.py."""

from __future__ import annotations

import apprise

import watchd.cli.rounds
import watchd.daemon
import watchd.rules.loading
import watchd.send
import watchd.ticks  # noqa: F401

apprise.Apprise.instantiate("json://localhost")
apprise.Apprise.instantiate("mailto://localhost?from=a@example.org&to=b@example.org")
