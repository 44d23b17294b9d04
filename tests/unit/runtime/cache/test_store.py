"""The memory of the cluster, whatever order its news come in."""

from __future__ import annotations

from typing import Any

import hypothesis.strategies as st
from hypothesis import given

from argmin.plan import CONFIG_MAPS, JOBS, PODS, Key, Manifest
from argmin.runtime.cache.store import Cache, version_of

TEAM = "team"


def job(name: str = "steel", version: int = 1, uid: str = "", **fields: Any) -> Manifest:
    metadata = {
        "name": name,
        "namespace": fields.pop("namespace", TEAM),
        "uid": uid or f"uid-of-{name}",
        "resourceVersion": str(version),
        "ownerReferences": [{"uid": owner} for owner in fields.pop("owners", ())],
    }
    return {"metadata": metadata, **fields}


def key(name: str = "steel") -> Key:
    return Key(JOBS, TEAM, name)


def version(cache: Cache, name: str = "steel") -> int | None:
    found = cache.get(key(name))
    return None if found is None else version_of(found)


def test_the_newer_version_wins_in_whatever_order_they_come() -> None:
    cache = Cache()
    assert cache.put(JOBS, job(version=5))
    assert not cache.put(JOBS, job(version=4))
    assert not cache.put(JOBS, job(version=5))
    assert version(cache) == 5
    assert cache.put(JOBS, job(version=10))
    assert version(cache) == 10


def test_what_our_own_write_returned_is_not_undone_by_a_watch_that_lags() -> None:
    cache = Cache()
    cache.put(JOBS, job(version=1, spec={"suspend": True}))
    cache.put(JOBS, job(version=7, spec={"suspend": False}))
    cache.put(JOBS, job(version=3, spec={"suspend": True}))
    found = cache.get(key())
    assert found is not None
    assert found["spec"] == {"suspend": False}


def test_a_late_answer_does_not_bring_back_what_is_gone() -> None:
    cache = Cache()
    cache.put(JOBS, job(version=3))
    cache.remove(JOBS, job(version=5))
    assert not cache.put(JOBS, job(version=4))
    assert cache.get(key()) is None


def test_an_object_that_only_left_our_sight_comes_back_when_it_changes() -> None:
    cache = Cache()
    cache.put(JOBS, job(version=3))
    cache.remove(JOBS, job(version=5))
    assert cache.put(JOBS, job(version=6))
    assert version(cache) == 6


def test_a_namesake_takes_the_place_of_the_one_before_it() -> None:
    cache = Cache()
    cache.put(JOBS, job(version=3, uid="old", owners=("a",)))
    cache.put(JOBS, job(version=8, uid="new", owners=("b",)))
    assert cache.count(JOBS) == 1
    assert cache.children(JOBS, "a") == []
    assert [child["metadata"]["uid"] for child in cache.children(JOBS, "b")] == ["new"]
    cache.remove(JOBS, job(version=4, uid="old"))
    assert version(cache) == 8


def test_a_complete_list_evicts_what_it_lacks_but_nothing_newer_than_itself() -> None:
    cache = Cache()
    cache.put(JOBS, job("kept", version=1))
    cache.put(JOBS, job("gone", version=2))
    cache.put(JOBS, job("younger", version=20))
    cache.put(CONFIG_MAPS, job("another-type", version=2))
    evicted = cache.evict_absent(JOBS, None, {"uid-of-kept"}, version=10)
    assert [each["metadata"]["name"] for each in evicted] == ["gone"]
    assert {each.name for each in cache.keys(JOBS)} == {"kept", "younger"}
    assert cache.count(CONFIG_MAPS) == 1


def test_a_list_of_one_namespace_evicts_nothing_elsewhere() -> None:
    cache = Cache()
    cache.put(JOBS, job("here", version=1))
    cache.put(JOBS, job("there", version=1, namespace="other"))
    evicted = cache.evict_absent(JOBS, TEAM, set(), version=10)
    assert [each["metadata"]["name"] for each in evicted] == ["here"]


def test_what_a_list_has_evicted_stays_gone_for_late_news() -> None:
    cache = Cache()
    cache.put(JOBS, job(version=2))
    cache.evict_absent(JOBS, None, set(), version=10)
    assert not cache.put(JOBS, job(version=9))
    assert cache.put(JOBS, job(version=11))


def test_children_are_found_by_the_uid_of_any_owner_and_by_name() -> None:
    cache = Cache()
    for name in ("b", "a", "c"):
        cache.put(PODS, job(name, owners=("mother", "other")))
    cache.put(PODS, job("d", owners=("other",)))
    assert [c["metadata"]["name"] for c in cache.children(PODS, "mother")] == ["a", "b", "c"]
    assert cache.children(JOBS, "mother") == []


def test_a_reader_cannot_change_what_the_cache_holds() -> None:
    cache = Cache()
    cache.put(JOBS, job(spec={"parallelism": 1}))
    mine = cache.get(key())
    assert mine is not None
    mine["spec"]["parallelism"] = 9
    again = cache.get(key())
    assert again is not None
    assert again["spec"] == {"parallelism": 1}


def test_what_nobody_reads_is_not_kept() -> None:
    cache = Cache()
    pod = job("pod", spec={"nodeName": "node-1", "containers": [{"name": "runner"}]})
    pod["metadata"] |= {
        "managedFields": [{"manager": "kubelet"}],
        "annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{}", "mine": "1"},
    }
    cache.put(PODS, pod)
    kept = cache.get(Key(PODS, TEAM, "pod"))
    assert kept is not None
    assert kept["spec"] == {"nodeName": "node-1"}
    assert "managedFields" not in kept["metadata"]
    assert kept["metadata"]["annotations"] == {"mine": "1"}


def test_of_binary_data_only_the_keys_are_kept() -> None:
    cache = Cache()
    cache.put(CONFIG_MAPS, job("result", data={"a": "text"}, binaryData={"b": "A" * 1000}))
    kept = cache.get(Key(CONFIG_MAPS, TEAM, "result"))
    assert kept is not None
    assert kept["data"] == {"a": "text"}
    assert kept["binaryData"] == {"b": ""}


def test_an_object_from_a_list_gets_the_type_that_the_list_left_out() -> None:
    cache = Cache()
    cache.put(JOBS, job())
    kept = cache.get(key())
    assert kept is not None
    assert (kept["apiVersion"], kept["kind"]) == ("batch/v1", "Job")


@given(
    st.lists(
        st.tuples(st.sampled_from(["put", "remove"]), st.integers(1, 30), st.sampled_from("xy")),
        max_size=30,
    )
)
def test_the_newest_news_of_an_object_hold_in_whatever_order_all_news_come(
    news: list[tuple[str, int, str]],
) -> None:
    cache = Cache()
    for what, at, name in news:
        if what == "put":
            cache.put(JOBS, job(name, version=at, owners=("mother",)))
        else:
            cache.remove(JOBS, job(name, version=at))
    for name in "xy":
        puts = [at for what, at, about in news if (what, about) == ("put", name)]
        removals = [at for what, at, about in news if (what, about) == ("remove", name)]
        newest = max(puts, default=0)
        expected = newest if newest > max(removals, default=0) else None
        assert version(cache, name) == expected
    assert len(cache) == len(cache.children(JOBS, "mother")) == cache.count(JOBS)


FINISHED = {"conditions": [{"type": "Complete", "status": "True"}]}
LARGE = {"model": "x" * 100_000}


def test_a_large_object_that_has_finished_is_kept_without_its_spec() -> None:
    cache = Cache(bulky=(JOBS,))
    cache.put(JOBS, job(version=1, spec=LARGE))
    assert cache.is_whole(key())
    assert (cache.get(key()) or {})["spec"] == LARGE
    cache.put(JOBS, job(version=2, spec=LARGE, status=FINISHED))
    assert not cache.is_whole(key())
    assert "spec" not in (cache.get(key()) or {})
    assert (cache.get(key()) or {})["status"] == FINISHED
    cache.put(JOBS, job(version=3, spec=LARGE))
    assert cache.is_whole(key())


def test_what_is_small_or_of_another_type_is_kept_whole() -> None:
    cache = Cache(bulky=(JOBS,))
    cache.put(JOBS, job(spec={"model": "x"}, status=FINISHED))
    cache.put(CONFIG_MAPS, job("notes", spec=LARGE, status=FINISHED))
    assert cache.is_whole(key())
    assert cache.is_whole(Key(CONFIG_MAPS, TEAM, "notes"))


def test_an_object_that_changes_has_to_be_reconciled_anew() -> None:
    cache = Cache()
    cache.put(JOBS, job(version=1))
    assert cache.list_unreconciled(JOBS) == [key()]
    cache.mark_reconciled(key())
    cache.put(JOBS, job(version=1))
    assert cache.list_unreconciled(JOBS) == []
    cache.put(JOBS, job(version=2))
    assert cache.list_unreconciled(JOBS) == [key()]


def test_the_controllers_of_an_object_are_found_by_uid_from_the_nearest_on() -> None:
    cache = Cache()
    cache.put(CONFIG_MAPS, job("top"))
    cache.put(JOBS, controlled("middle", by="top"))
    pod = controlled("pod", by="middle")
    assert [k.name for k in cache.list_controllers(pod)] == ["middle", "top"]
    cache.remove(CONFIG_MAPS, job("top", version=2))
    assert [k.name for k in cache.list_controllers(pod)] == ["middle"]
    assert list(cache.list_controllers(job("alone", owners=("uid-of-middle",)))) == []


def test_owners_that_own_each_other_are_followed_no_further_than_some_steps() -> None:
    cache = Cache()
    cache.put(JOBS, controlled("a", by="b"))
    cache.put(JOBS, controlled("b", by="a"))
    assert len(list(cache.list_controllers(controlled("c", by="a")))) == 4


def controlled(name: str, by: str) -> Manifest:
    made = job(name)
    made["metadata"]["ownerReferences"] = [{"uid": f"uid-of-{by}", "controller": True}]
    return made
