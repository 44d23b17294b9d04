"""The pace of calls, in virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from argmin.aws.rate_limit import GRACE_SECONDS, Bucket, Budget, CrowdedError, Rates
from tests.worlds.virtual_time import now, run

PATIENCE = 2.0


def make_bucket(rate: float = 2.0, burst: float = 1.0) -> Bucket:
    return Bucket(rate, burst, now)


async def insist(bucket: Bucket, caller: str, served: Callable[[str], None]) -> None:
    """Come again whenever it is told, until it is this caller's turn."""
    while True:
        try:
            await bucket.take(caller, PATIENCE)
        except CrowdedError as error:
            await asyncio.sleep(max(0.1, error.after - PATIENCE / 2))
        else:
            served(caller)
            return


def test_calls_are_let_through_at_the_rate_and_in_their_order() -> None:
    async def scenario() -> list[tuple[int, float]]:
        bucket = make_bucket()
        seen: list[tuple[int, float]] = []

        async def call(number: int) -> None:
            await bucket.take("", 60.0)
            seen.append((number, round(now(), 1)))

        await asyncio.gather(*(call(number) for number in range(5)))
        return seen

    assert run(scenario()) == [(0, 0.0), (1, 0.5), (2, 1.0), (3, 1.5), (4, 2.0)]


def test_what_is_not_used_is_kept_up_to_the_burst() -> None:
    async def scenario() -> list[float]:
        bucket = make_bucket(rate=2.0, burst=3.0)
        await asyncio.sleep(100)
        start = now()
        for _ in range(4):
            await bucket.take("", 60.0)
        return [round(now() - start, 1)]

    assert run(scenario()) == [0.5]


def test_who_would_wait_too_long_is_sent_away_at_once_and_told_when_to_come() -> None:
    async def scenario() -> tuple[float, float]:
        bucket = make_bucket()
        waiting = [asyncio.create_task(bucket.take("", PATIENCE)) for _ in range(5)]
        await asyncio.sleep(0)
        with pytest.raises(CrowdedError) as caught:
            await bucket.take("late", PATIENCE)
        sent_away_at = now()
        await asyncio.gather(*waiting)
        return sent_away_at, caught.value.after

    sent_away_at, after = run(scenario())
    assert sent_away_at < 0.1
    assert after == pytest.approx(2.5)


def test_who_was_sent_away_finds_its_place_kept_before_those_who_came_later() -> None:
    async def scenario() -> list[str]:
        bucket = make_bucket()
        served: list[str] = []
        names = [f"early-{n}" for n in range(20)]
        early = [asyncio.create_task(insist(bucket, name, served.append)) for name in names]
        await asyncio.sleep(1)
        late = [asyncio.create_task(insist(bucket, f"late-{n}", served.append)) for n in range(20)]
        await asyncio.gather(*early, *late)
        return served

    served = run(scenario())
    assert [name.partition("-")[0] for name in served] == ["early"] * 20 + ["late"] * 20


def test_a_place_that_nobody_claims_is_given_up() -> None:
    async def scenario() -> None:
        bucket = make_bucket()
        for number in range(20):
            with pytest.raises(CrowdedError):
                await bucket.take(f"gone-{number}", patience=-1.0)
        await asyncio.sleep(10 + GRACE_SECONDS + 0.1)
        await bucket.take("new", patience=0.0)

    run(scenario())


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 200), st.sampled_from([1.0, 2.0, 5.0]))
def test_hundreds_of_callers_are_all_served_near_the_limit_of_the_rate(
    count: int, rate: float
) -> None:
    async def scenario() -> tuple[int, float]:
        bucket = make_bucket(rate)
        served: list[str] = []
        await asyncio.gather(
            *(insist(bucket, f"job-{number}", served.append) for number in range(count))
        )
        return len(set(served)), now()

    served, seconds = run(scenario())
    assert served == count
    assert (count - 1) / rate <= seconds + 0.01
    assert seconds <= (count - 1) / rate * 1.05 + 1.0


def test_a_caller_that_gives_up_leaves_its_turn_to_the_next() -> None:
    async def scenario() -> float:
        bucket = make_bucket()
        await bucket.take("", PATIENCE)
        first = asyncio.create_task(bucket.take("first", PATIENCE))
        second = asyncio.create_task(bucket.take("second", PATIENCE))
        await asyncio.sleep(0.1)
        first.cancel()
        await second
        return now()

    assert run(scenario()) == pytest.approx(0.5, abs=0.01)


def test_a_turn_that_comes_to_a_cancelled_caller_is_not_lost() -> None:
    async def scenario() -> float:
        bucket = make_bucket()
        await bucket.take("", PATIENCE)
        first = asyncio.create_task(bucket.take("first", PATIENCE))
        second = asyncio.create_task(bucket.take("second", PATIENCE))
        await asyncio.sleep(0.4)
        # The turn and the cancellation come in the same moment of the loop.
        asyncio.get_running_loop().call_at(0.501, first.cancel)
        await asyncio.wait({first, second})
        return now()

    assert run(scenario()) <= 1.01


def test_a_refusal_of_aws_slows_down_and_success_brings_the_rate_back() -> None:
    async def scenario() -> tuple[float, float]:
        bucket = make_bucket()
        await bucket.take("", PATIENCE)
        bucket.slow_down()
        start = now()
        await bucket.take("", PATIENCE)
        slow = now() - start
        for _ in range(50):
            bucket.speed_up()
        start = now()
        await bucket.take("", PATIENCE)
        return slow, now() - start

    slow, fast = run(scenario())
    assert slow == pytest.approx(0.5 / 0.7, abs=0.01)
    assert fast == pytest.approx(0.5, abs=0.01)


def test_who_is_refused_by_aws_keeps_its_place() -> None:
    async def scenario() -> list[str]:
        bucket = make_bucket(rate=1.0)
        served: list[str] = []
        ticket = await bucket.take("refused", PATIENCE)
        later = [asyncio.create_task(insist(bucket, n, served.append)) for n in "abc"]
        await asyncio.sleep(0)
        bucket.slow_down("refused", ticket)
        await asyncio.gather(*later, insist(bucket, "refused", served.append))
        return served

    assert run(scenario())[0] == "refused"


def test_each_account_region_and_operation_has_a_budget_of_its_own() -> None:
    budget = Budget(Rates(), now)

    async def scenario() -> set[Bucket | None]:
        return {
            budget.find(account, region, "sagemaker", operation)
            for account in ("1", "2")
            for region in ("eu-west-1", "us-east-1")
            for operation in ("describe_processing_job", "create_processing_job")
        }

    buckets = run(scenario())
    assert len(buckets) == 8
    assert None not in buckets


@pytest.mark.parametrize(
    ("service", "operation", "rate"),
    [
        ("sagemaker", "describe_processing_job", 3.0),
        ("sagemaker", "list_tags", 3.0),
        ("sagemaker", "create_processing_job", 1.0),
        ("sagemaker", "stop_processing_job", 1.0),
        ("logs", "get_log_events", 7.0),
        ("s3", "put_object", 9.0),
        ("sqs", "receive_message", None),
    ],
)
def test_the_rates_are_those_of_the_settings(
    service: str, operation: str, rate: float | None
) -> None:
    assert Rates(reads=3.0, writes=1.0, logs=7.0, objects=9.0).find(service, operation) == rate
