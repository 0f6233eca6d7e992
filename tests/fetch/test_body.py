"""Unpacking: the same text however it was packed and cut up, and never beyond the bound."""

from __future__ import annotations

import gzip
import random
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchd.body import Body, BodyTooLarge, BodyUnreadable

BARE = zlib.compressobj(wbits=-15)
TEXT = "<rss><item>조선중앙통신</item></rss>".encode() * 20
PACKED = {
    "": TEXT,
    "identity": TEXT,
    "gzip": gzip.compress(TEXT),
    "x-gzip": gzip.compress(TEXT[:100]) + gzip.compress(TEXT[100:]),
    "deflate": zlib.compress(TEXT),
    "Deflate, identity": BARE.compress(TEXT) + BARE.flush(),
}


def unpack(coding: str, raw: bytes, *, limit: int = 10_000, part: int = 10_000) -> Body:
    body = Body(coding, limit)
    for at in range(0, len(raw), part):
        body.add(raw[at : at + part])
    return body


@given(st.sampled_from(sorted(PACKED)), st.integers(1, 2000))
def test_parts_of_any_size_make_the_same_text(coding: str, part: int) -> None:
    body = unpack(coding, PACKED[coding], part=part)
    assert body.end()
    assert body.data == TEXT


@given(st.sampled_from(["gzip", "deflate", "Deflate, identity"]), st.integers(0, 400))
def test_a_packed_body_that_is_cut_is_known_to_be(coding: str, cut: int) -> None:
    raw = PACKED[coding]
    body = unpack(coding, raw[: min(cut, len(raw) - 1)])
    whole = body.end()
    assert TEXT.startswith(body.data) or cut < 2
    assert not whole or cut < 2


@given(st.sampled_from(["", "gzip", "deflate"]), st.binary(max_size=300), st.integers(1, 300))
def test_no_bytes_break_it(coding: str, raw: bytes, part: int) -> None:
    try:
        body = unpack(coding, raw, limit=100, part=part)
        body.end()
    except (BodyTooLarge, BodyUnreadable):
        return
    assert len(body.data) <= 100


@pytest.mark.parametrize("coding", sorted(PACKED))
def test_the_bound_is_exact(coding: str) -> None:
    assert unpack(coding, PACKED[coding], limit=len(TEXT)).data == TEXT
    with pytest.raises(BodyTooLarge, match="over"):
        unpack(coding, PACKED[coding], limit=len(TEXT) - 1)


def test_what_does_not_pack_well_passes_at_any_size() -> None:
    noise = random.Random(1).randbytes(2**21)
    assert unpack("gzip", gzip.compress(noise), limit=2**22).data == noise
