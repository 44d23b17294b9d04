"""The limits of documents that a tenant may have written, and texts made safe to show."""

from __future__ import annotations

import gzip
import json
import tracemalloc
from dataclasses import replace

import pytest
from pydantic import BaseModel

from argmin.api.text import clean
from argmin.api.untrusted import Bounds, UntrustedError, decompress, read_document


class _Counted(BaseModel):
    entries: list[int] = []


BOUNDS = Bounds(bytes=1000, depth=2, entries=3)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('{"entries": [1, 2, 3]}', None),
        ('{"entries": [1, 2, 3, 4]}', "it has a list of more than 3 entries"),
        ('{"entries": [[1]]}', "it is nested deeper than 2 levels"),
        ('{"entries": ["x", "y", "z"]}', "entries.0: Input should be a valid integer"),
        ('{"entries": ' + " " * 1000 + "[]}", "it is larger than 1000 bytes"),
        ('{"entries": ', "it is no JSON"),
    ],
)
def test_a_document_beyond_its_bounds_is_refused_with_a_reason(
    content: str, said: str | None
) -> None:
    if said is None:
        assert read_document(_Counted, content, BOUNDS).entries == [1, 2, 3]
        return
    with pytest.raises(UntrustedError, match=said):
        read_document(_Counted, content, BOUNDS)


def test_of_a_list_that_may_be_cut_the_first_entries_are_kept() -> None:
    cut = replace(BOUNDS, cut={"entries": 2})
    assert read_document(_Counted, '{"entries": [1, 2, 3, 4, 5]}', cut).entries == [1, 2]


def test_a_refusal_names_three_fields_and_counts_the_rest() -> None:
    many = replace(BOUNDS, entries=100)
    with pytest.raises(UntrustedError, match=r"entries\.2: .*; and 7 more$"):
        read_document(_Counted, json.dumps({"entries": ["x"] * 10}), many)


def test_what_is_packed_is_unpacked_as_far_as_its_limit_and_no_further() -> None:
    packed = gzip.compress(b"0" * 100 * 2**20, mtime=0)
    assert decompress(gzip.compress(b"text", mtime=0), 4) == b"text"
    tracemalloc.start()
    try:
        with pytest.raises(UntrustedError, match="it holds more than 1000 bytes"):
            decompress(packed, 1000)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 2**23


@pytest.mark.parametrize("content", [b"", b"no gzip", gzip.compress(b"cut off" * 9, mtime=0)[:-9]])
def test_what_is_no_gzip_file_is_refused(content: bytes) -> None:
    if content:
        with pytest.raises(UntrustedError, match="it is no whole gzip file"):
            decompress(content)
    else:
        assert decompress(content) == b""


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("tabs\tand\nlines stay", "tabs\tand\nlines stay"),
        ("größer, 日本語, עברית, 🙂", "größer, 日本語, עברית, 🙂"),
        ("\x1b[1;31mred\x1b[0m \x1b[2J", "red �[2J"),
        ("\x9b31m\x7f\x00\r", "�31m���"),
        ("\u202egnp.exe\u2069", "�gnp.exe�"),
        ("\ud800", "�"),
    ],
)
def test_unsafe_characters_are_replaced_and_all_others_stay(text: str, cleaned: str) -> None:
    assert clean(text) == cleaned
