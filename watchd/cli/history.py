"""What happened to an item of the archive, for `watchd explain`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from watchd.cli.session import session
from watchd.cli.subject import Subject

if TYPE_CHECKING:
    from watchd.chain import Routed, Step
    from watchd.config import Config
    from watchd.model import Delivery, Item, StoredHit
    from watchd.rules import OverTime, Rule
    from watchd.rules.explain import Explanation

_UNCOUNTED = (
    "one of its queries is true of the item as they are now, and was not counted: the rule is "
    "newer, the item was too old by then, or it wants another query, too"
)


def steps_of(
    subject: Subject,
    told: Sequence[Explanation],
    config: Config | None,
    *,
    rule: Rule | OverTime | None,
    hit: StoredHit | None,
) -> tuple[Step, ...]:
    """The chain of an item; () for one that is not of the archive.

    Of one rule, or one hit, where that is asked about; else of every rule that matches.
    """
    from watchd.chain import Verdict, chain
    from watchd.rules.rule import OverTime, Probe
    from watchd.store import chains

    if subject.stored is None:
        return ()
    with session().store() as store:
        known = store.read(chains.of_item, subject.stored)
    verdicts = [
        Verdict(
            rule=one.rule.id,
            version=one.rule.version,
            matches=one.matches,
            summary=one.summary,
            was=one.rule.was,
        )
        for one in told
        if (one.matches or rule) and not isinstance(one.rule, Probe)
    ]
    feed = (
        next((one for one in config.feeds if one.name == subject.source), None) if config else None
    )
    if isinstance(rule, OverTime):
        true = any(one.matches for one in told)
        summary = _UNCOUNTED if true else "no query of it is true of the item"
        if rule.type == "flatline":  # with its library, which other rules need not load
            from watchd.cli.standing import of_feed

            summary = of_feed(rule, feed)
        verdicts.append(
            Verdict(
                rule=rule.id,
                version=rule.version,
                matches=true,
                summary=summary,
                was=rule.was,
                over_time=True,
            )
        )
    every = [one.rule for one in told] if rule is None else [rule]
    tags = {name: one.tags for one in every for name in (one.id, one.was)}
    steps = chain(
        known,
        feed=feed,
        routed=routed_by(config, lambda rule: tags.get(rule, ())) if config else lambda *_: "",
        verdicts=verdicts,
    )
    asked = {rule.id, rule.was} if rule else set()
    if hit is not None:
        asked.add(hit.hit.rule)
    return tuple(
        step
        for step in steps
        if (not asked or step.rule in asked | {""}) and (hit is None or step.hit in (None, hit.id))
    )


def routed_by(config: Config, tags_of: Callable[[str], tuple[str, ...]]) -> Routed:
    """By which route a config brings a hit to an endpoint, as if it had come in now."""
    from watchd.desk import language_of
    from watchd.model import Endpoint, Receiver
    from watchd.routing import Subject as Hit
    from watchd.routing import destinations

    feeds = {feed.name: feed for feed in config.feeds}
    nowhere: Mapping[str, Receiver] = {
        one.name: Receiver(name=one.name, endpoints=()) for one in config.receivers
    }
    asked = any(route.languages for route in config.routes)

    def language(item: Item) -> str:
        return language_of(item) if asked else ""

    def routed(hit: StoredHit, delivery: Delivery) -> str:
        if delivery.receiver not in nowhere:
            return ""
        subject = Hit(
            rule=hit.hit.rule,
            tags=tags_of(hit.hit.rule),
            severity=hit.hit.severity,
            feed=feeds.get(hit.stored.feed),
            lang=language(hit.stored.item),
        )
        # The one that it is about, whose address need not be known.
        endpoint = Endpoint(receiver=delivery.receiver, name=delivery.endpoint, url="")
        there = Receiver(name=delivery.receiver, endpoints=(endpoint,))
        found = destinations(
            subject,
            config.routes,
            {**nowhere, delivery.receiver: there},
            zone=config.notify.zone,
            born=delivery.created_at,
            now=delivery.created_at,
        )
        return next((one.route for one in found), "")

    return routed
