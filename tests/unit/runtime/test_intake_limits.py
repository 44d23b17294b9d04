"""No sender keeps others out of the intake, or has the API server asked without end."""

from __future__ import annotations

import asyncio
import base64
import time
from typing import Any

import pytest
from structlog.testing import capture_logs

from argmin.api.run import INTAKE_PATH, PROGRESS_PATH, RESULT_LIMIT_BYTES, SOLUTION_KEY
from argmin.runtime.intake import bodies
from argmin.runtime.intake.authentication import QUESTIONS_AT_ONCE
from argmin.runtime.intake.bodies import allow_seconds
from argmin.runtime.intake.rates import Rates
from tests.unit.runtime.intake_world import (
    Believing,
    begin_slowly,
    forge_token,
    post,
    read_status,
    serving,
)

LARGEST = RESULT_LIMIT_BYTES * 4 // 3
STEEL = {"owner": "steel", "parts": {SOLUTION_KEY: base64.b64encode(b"{}").decode()}}
TOLD = {"owner": "steel", "run": "steel-1", "progress": {"elapsedSeconds": 3}}
WATCHDOG_SECONDS = 15


@pytest.fixture
def cluster() -> Believing:
    return Believing()


async def test_a_pod_that_sends_slowly_does_not_keep_another_pod_out(cluster: Believing) -> None:
    async with serving(cluster) as (server, client), asyncio.timeout(WATCHDOG_SECONDS):
        for _ in range(9):
            await begin_slowly(server, forge_token("slow-1-aaaaa"), LARGEST)
        while cluster.calls["review"] < 5:
            await asyncio.sleep(0)
        async with post(server, client, INTAKE_PATH, forge_token(), STEEL) as answer:
            assert answer.status == 200


async def test_a_pod_sends_one_body_at_a_time(cluster: Believing) -> None:
    async with serving(cluster) as (server, _), asyncio.timeout(WATCHDOG_SECONDS):
        token = forge_token("slow-1-aaaaa")
        await begin_slowly(server, token, LARGEST)
        second = await begin_slowly(server, token, LARGEST)
        assert await read_status(second) == 429


async def test_the_pods_of_one_namespace_do_not_keep_another_namespace_out(
    cluster: Believing,
) -> None:
    async with serving(cluster) as (server, client), asyncio.timeout(WATCHDOG_SECONDS):
        for number in range(30):
            await begin_slowly(server, forge_token(f"slow-1-{number}", "greedy"), LARGEST)
        while cluster.calls["Job"] < 30:
            await asyncio.sleep(0)
        async with post(server, client, INTAKE_PATH, forge_token(), STEEL) as answer:
            assert answer.status == 200


async def test_the_pods_of_two_namespaces_do_not_keep_a_third_out(
    cluster: Believing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bodies, "PATIENCE_SECONDS", 0.01)
    async with serving(cluster) as (server, client), asyncio.timeout(WATCHDOG_SECONDS):
        for number in range(40):
            token = forge_token(f"slow-1-{number}", f"greedy-{number % 2}")
            await begin_slowly(server, token, LARGEST)
        while cluster.calls["Job"] < 40:
            await asyncio.sleep(0)
        large = " " * LARGEST
        async with post(server, client, INTAKE_PATH, forge_token(), large) as answer:
            assert answer.status == 422, "it is read, and is no delivery"


async def test_a_body_that_does_not_come_is_given_up(
    cluster: Believing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bodies, "GRACE_SECONDS", 0.01)
    async with serving(cluster) as (server, _), asyncio.timeout(WATCHDOG_SECONDS):
        assert await read_status(await begin_slowly(server, forge_token(), 100)) == 408


async def test_what_is_given_up_makes_room(
    cluster: Believing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bodies, "GRACE_SECONDS", 0.01)
    async with serving(cluster) as (server, client), asyncio.timeout(WATCHDOG_SECONDS):
        token = forge_token()
        assert await read_status(await begin_slowly(server, token, 100)) == 408
        monkeypatch.undo()
        async with post(server, client, INTAKE_PATH, token, STEEL) as answer:
            assert answer.status == 200


async def test_where_there_is_no_room_a_body_is_to_come_again(
    cluster: Believing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bodies, "PATIENCE_SECONDS", 0.01)
    async with serving(cluster) as (server, client), asyncio.timeout(WATCHDOG_SECONDS):
        for number in range(16):
            await begin_slowly(server, forge_token(f"slow-1-{number}"), LARGEST)
        while cluster.calls["Job"] < 16:
            await asyncio.sleep(0)
        large = " " * LARGEST
        async with post(server, client, INTAKE_PATH, forge_token(), large) as answer:
            assert (answer.status, answer.headers["Retry-After"]) == (503, "2")


def test_a_body_of_the_largest_size_may_take_longer_than_a_small_one() -> None:
    assert allow_seconds(0) == 5.0
    assert allow_seconds(64 * 1024 * 20) == 25.0


async def test_a_body_without_a_length_is_refused(cluster: Believing) -> None:
    async def pieces() -> Any:
        yield b"{}"

    async with serving(cluster) as (server, client):
        head = {"Authorization": f"Bearer {forge_token()}"}
        async with client.post(server.make_url(INTAKE_PATH), data=pieces(), headers=head) as answer:
            assert answer.status == 411


@pytest.mark.parametrize(
    "token",
    [
        "garbage",
        "a.b.c",
        forge_token()[:-20] + "." + "x" * 4096,
        "." * 4000,
        "e30.e30.e30",
        forge_token(aud=["https://kubernetes.default.svc"]),
        forge_token(aud=[["argmin.dev"]]),
        forge_token(exp=time.time() - 3600),
        forge_token(exp="never"),
        forge_token(binding={"namespace": "team"}),
        forge_token(binding={"pod": {"name": "", "uid": 7}}),
        forge_token(binding=[[[[[[[[[]]]]]]]]]),
    ],
    ids=range(12),
)
@pytest.mark.parametrize("path", [INTAKE_PATH, PROGRESS_PATH])
async def test_the_api_server_never_sees_what_no_token_of_a_run_can_be(
    cluster: Believing, token: str, path: str
) -> None:
    async with (
        serving(cluster) as (server, client),
        post(server, client, path, token, {}) as answer,
    ):
        assert answer.status in (401, 403)
    assert cluster.calls.total() == 0


async def test_a_token_that_was_refused_is_not_reviewed_again(cluster: Believing) -> None:
    cluster.believes = False
    async with serving(cluster) as (server, client):
        token = forge_token()
        for path in (INTAKE_PATH, PROGRESS_PATH, INTAKE_PATH, PROGRESS_PATH):
            async with post(server, client, path, token, {}) as answer:
                assert answer.status == 401
    assert cluster.calls["review"] == 1


async def test_the_api_server_is_asked_seldom_for_an_address_with_ever_new_tokens(
    cluster: Believing,
) -> None:
    cluster.believes = False
    statuses = []
    waits = set()
    async with serving(cluster) as (server, client):
        for number in range(3 * int(QUESTIONS_AT_ONCE)):
            token = forge_token(f"nobody-1-{number}")
            async with post(server, client, PROGRESS_PATH, token, {}) as answer:
                statuses.append(answer.status)
                waits.add(answer.headers.get("Retry-After"))
    assert set(statuses) == {401, 429}
    assert waits == {None, "1"}
    assert cluster.calls["review"] == statuses.count(401) < len(statuses)


@pytest.mark.parametrize(("path", "body"), [(INTAKE_PATH, STEEL), (PROGRESS_PATH, TOLD)])
async def test_a_pod_that_sends_too_often_is_sent_away(
    cluster: Believing, path: str, body: dict[str, Any]
) -> None:
    token = forge_token()
    statuses = []
    async with serving(cluster) as (server, client):
        for _ in range(40):
            async with post(server, client, path, token, body) as answer:
                statuses.append(answer.status)
        async with post(server, client, path, forge_token("copper-1-abcde"), body) as answer:
            assert answer.status == 403  # another pod, which may still send, but not for steel
    assert statuses[:4] == [200] * 4
    assert set(statuses) == {200, 429}


def test_tokens_of_a_bucket_come_back_with_time() -> None:
    now = 0.0
    rates = Rates(2.0, 4.0, lambda: now)
    assert [rates.take("pod") for _ in range(5)] == [0, 0, 0, 0, 0.5]
    assert rates.take("other") == 0
    now = 0.5
    assert [rates.take("pod"), rates.take("pod")] == [0, 0.5]
    now = 1000.0
    assert [rates.take("pod") for _ in range(5)] == [0, 0, 0, 0, 0.5]


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 100_000,
        b'{"owner": "steel", "parts": ' + b'{"a":' * 100_000,
        b'{"owner": "steel", "parts": {"solution.json.gz": ' + b"9" * 100_000 + b"}}",
        b'{"owner": "steel", "parts": {"mine.txt": "e30="}}',
        b'{"owner": "steel", "parts": {'
        + b",".join(b'"%d":"e30="' % number for number in range(50_000))
        + b"}}",
        b'{"owner": "' + b"s" * 300 + b'", "parts": {}}',
        b"\xff\xfe",
    ],
    ids=["deep", "nested", "number", "unknown", "many", "long", "binary"],
)
async def test_a_hostile_body_is_refused_in_a_few_words(cluster: Believing, body: bytes) -> None:
    async with serving(cluster) as (server, client):
        with capture_logs() as logs:
            async with post(server, client, INTAKE_PATH, forge_token(), body) as answer:
                assert answer.status == 422
                assert len(await answer.text()) < 600
    assert cluster.applied == []
    assert all(len(str(line)) < 800 for line in logs)


async def test_what_a_sender_writes_reaches_the_log_cut_and_without_control_characters(
    cluster: Believing,
) -> None:
    hostile = {**TOLD, "owner": "\x1b[2J\n" * 50}
    async with serving(cluster) as (server, client):
        with capture_logs() as logs:
            async with post(server, client, PROGRESS_PATH, forge_token(), hostile) as answer:
                assert answer.status == 403
    (line,) = logs
    assert len(line["why"]) <= 500
    assert line["why"].isprintable()
