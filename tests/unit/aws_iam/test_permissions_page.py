"""The page about permissions names every file, and its commands make what the tests prove."""

from __future__ import annotations

import json
import re
import subprocess

import pytest

from tests.aws.iam.published import EXAMPLE, FOLDER

PAGE = (FOLDER.parent / "permissions.md").read_text()
FILES = sorted(path.stem for path in FOLDER.glob("*.json"))


@pytest.mark.parametrize("file", FILES)
def test_the_page_says_what_each_file_is_for(file: str) -> None:
    assert f"| [{file}.json](policies/{file}.json) |" in PAGE


@pytest.mark.parametrize("word", sorted(EXAMPLE))
def test_the_page_says_what_each_word_in_capitals_means(word: str) -> None:
    assert f"`{word}`" in PAGE
    assert f"`{EXAMPLE[word]}`" in PAGE


def test_the_command_of_the_page_fills_the_words_in() -> None:
    function = re.search(r"^fill\(\) \{.*?^\}$", PAGE, re.MULTILINE | re.DOTALL)
    assert function is not None
    for file in ("operator-role", "team-role", "team-role-trust", "job-role", "job-role-trust"):
        filled = subprocess.run(
            ["bash", "-c", f"{function[0]}\nfill {file}"],
            cwd=FOLDER,
            capture_output=True,
            text=True,
            check=True,
            timeout=30,
        ).stdout
        assert json.loads(filled)
        assert re.findall(r"\b[A-Z][A-Z_]{3,}\b", filled) == []
