"""The control API: faults, recorded calls, jobs, settings, reset."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from pydantic import BaseModel, ValidationError

from tests.aws.control import CONTROL_PATH, Fault
from tests.aws.server.errors import Reply
from tests.aws.server.incoming import Environ
from tests.aws.server.reset import reset
from tests.aws.server.world import World

Handler = Callable[[World, str, Any], object]


def answer_control(world: World, environ: Environ) -> Reply:
    """Answer a request of the tests; what is wrong with it is said in plain text."""
    path = environ["PATH_INFO"].removeprefix(CONTROL_PATH).strip("/")
    topic, _, rest = path.partition("/")
    method = environ["REQUEST_METHOD"]
    handler = _HANDLERS.get((method, topic))
    if handler is None:
        return _text(404, f"no {method} {environ['PATH_INFO']} in the emulator's control API")
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    try:
        answer = handler(world, rest, json.loads(body) if body else None)
    except ValidationError as error:
        return _text(422, str(error))
    data = json.dumps(answer, default=_encode).encode()
    return Reply(200, (("Content-Type", "application/json"),), data)


def _encode(value: object) -> object:
    return value.model_dump(mode="json") if isinstance(value, BaseModel) else str(value)


def _text(status: int, text: str) -> Reply:
    return Reply(status, (("Content-Type", "text/plain"),), text.encode())


def _health(world: World, _rest: str, _body: Any) -> object:
    return {"url": world.url}


def _list_calls(world: World, _rest: str, _body: Any) -> object:
    return world.recorder.list()


def _clear_calls(world: World, _rest: str, _body: Any) -> object:
    world.recorder.clear()
    return {}


def _list_faults(world: World, _rest: str, _body: Any) -> object:
    return world.faults.list()


def _add_fault(world: World, _rest: str, body: Any) -> object:
    return world.faults.add(Fault.model_validate(body))


def _clear_faults(world: World, rest: str, _body: Any) -> object:
    world.faults.clear(rest or None)
    return {}


def _list_jobs(world: World, _rest: str, _body: Any) -> object:
    return [job.report() for job in world.jobs.list()]


def _get_settings(world: World, _rest: str, _body: Any) -> object:
    return world.settings


def _change_settings(world: World, _rest: str, body: Any) -> object:
    return world.change_settings(body)


def _expire_sessions(world: World, _rest: str, body: Any) -> object:
    return {"expired": world.callers.expire(body["principal"])}


def _reset(world: World, _rest: str, _body: Any) -> object:
    reset(world)
    return {}


_HANDLERS: dict[tuple[str, str], Handler] = {
    ("GET", "health"): _health,
    ("GET", "calls"): _list_calls,
    ("DELETE", "calls"): _clear_calls,
    ("GET", "faults"): _list_faults,
    ("POST", "faults"): _add_fault,
    ("DELETE", "faults"): _clear_faults,
    ("GET", "jobs"): _list_jobs,
    ("GET", "settings"): _get_settings,
    ("PATCH", "settings"): _change_settings,
    ("POST", "expirations"): _expire_sessions,
    ("POST", "reset"): _reset,
}
