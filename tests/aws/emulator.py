"""The emulator from the side of tests: start it, speak to it, look at what it saw."""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
import httpx
from botocore.config import Config
from pydantic_core import to_jsonable_python

from tests.aws.control import (
    ACCOUNT,
    ADMINISTRATOR_KEY,
    CONTROL_PATH,
    REGION,
    Call,
    Fault,
    FaultKind,
    Job,
    Settings,
)
from tests.aws.environment import EmulatorError, emulator_python
from tests.aws.seed import JOB_ROLE, seed
from tests.cluster.cache import REPOSITORY, cache_root

START_SECONDS = 60
CONTROL_SECONDS = 30
STOP_SECONDS = 30
SECRET_KEY = "argmin-emulator-secret-key-of-nobody"


class Control:
    """The control API."""

    def __init__(self, url: str) -> None:
        # No proxy between a test and its own machine.
        self._http = httpx.Client(
            base_url=url + CONTROL_PATH, timeout=CONTROL_SECONDS, trust_env=False
        )

    def ask(self, method: str, path: str, body: object = None) -> Any:
        """One request.

        Raises:
            EmulatorError: the emulator refuses it, or does not answer.
        """
        try:
            answer = self._http.request(method, path, json=body)
        except httpx.HTTPError as error:
            raise EmulatorError(f"the emulator does not answer: {error}") from error
        if answer.status_code != 200:
            raise EmulatorError(f"{method} {path}: {answer.text}")
        return answer.json()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()


class Faults:
    """Faults on demand."""

    def __init__(self, control: Control) -> None:
        self._control = control

    def add(
        self,
        kind: FaultKind | str,
        service: str,
        operation: str = "*",
        **details: Any,
    ) -> Fault:
        """Set a fault: `when` before or after the effect, `times`, `principal`, `seconds`."""
        fault = Fault(kind=FaultKind(kind), service=service, operation=operation, **details)
        return Fault.model_validate(
            self._control.ask("POST", "/faults", fault.model_dump(mode="json"))
        )

    def list(self) -> list[Fault]:
        """What is set, and how often each struck."""
        return [Fault.model_validate(fault) for fault in self._control.ask("GET", "/faults")]

    def clear(self, fault: Fault | None = None) -> None:
        """Clear one or all; calls that hang are let go."""
        self._control.ask("DELETE", f"/faults/{fault.id}" if fault else "/faults")

    @contextmanager
    def during(self, kind: FaultKind | str, service: str, *args: str, **kw: Any) -> Iterator[Fault]:
        """A fault for the length of a block."""
        fault = self.add(kind, service, *args, **kw)
        try:
            yield fault
        finally:
            self.clear(fault)


class Aws:
    """A running emulator."""

    role_arn = JOB_ROLE
    """A role that processing jobs may have; the bucket `argmin` is there too."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._control = Control(url)
        self.faults = Faults(self._control)
        # One session: it reads each service's model once. Making clients is not thread-safe.
        self._session = boto3.session.Session()
        self._lock = threading.Lock()

    def environment(
        self, host: str | None = None, credentials: Mapping[str, str] | None = None
    ) -> dict[str, str]:
        """Variables for a process that is to use this AWS, on another host where one is named.

        `credentials` as STS and IAM answer them; left out: the account's administrator.
        """
        parts = urlsplit(self.url)
        url = f"{parts.scheme}://{host}:{parts.port}" if host else self.url
        keys = credentials or administrator()
        token = keys.get("SessionToken")
        return {
            "AWS_ENDPOINT_URL": url,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ACCESS_KEY_ID": keys["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": keys["SecretAccessKey"],
            "AWS_EC2_METADATA_DISABLED": "true",
            **({"AWS_SESSION_TOKEN": token} if token else {}),
        }

    def client(
        self,
        service: str,
        *,
        credentials: Mapping[str, str] | None = None,
        region: str = REGION,
        config: Config | None = None,
    ) -> Any:
        """A boto3 client; `credentials` as STS and IAM answer them, else the administrator's.

        It does not retry, so that a test sees each error; `config` says otherwise.
        """
        keys = credentials or administrator()
        plain = Config(retries={"mode": "standard", "total_max_attempts": 1}, read_timeout=60)
        with self._lock:
            return self._session.client(
                service,
                endpoint_url=self.url,
                region_name=region,
                aws_access_key_id=keys["AccessKeyId"],
                aws_secret_access_key=keys["SecretAccessKey"],
                aws_session_token=keys.get("SessionToken"),
                config=plain.merge(config) if config else plain,
            )

    def calls(self, service: str = "", operation: str = "", principal: str = "") -> list[Call]:
        """The recorded calls, of one service, operation or principal where those are named."""
        calls = (Call.model_validate(call) for call in self._control.ask("GET", "/calls"))
        return [
            call
            for call in calls
            if call.service in (service or call.service)
            and call.operation in (operation or call.operation)
            and principal in call.principal
        ]

    def forget_calls(self) -> None:
        """Begin to count anew."""
        self._control.ask("DELETE", "/calls")

    def jobs(self) -> list[Job]:
        """Every processing job, oldest first."""
        return [Job.model_validate(job) for job in self._control.ask("GET", "/jobs")]

    def settings(self) -> Settings:
        """The settings of this moment."""
        return Settings.model_validate(self._control.ask("GET", "/settings"))

    def configure(self, **changes: Any) -> Settings:
        """Change settings: the fields of `control.Settings`.

        Raises:
            EmulatorError: there is no such setting, or it takes another type.
        """
        body = to_jsonable_python(changes)
        return Settings.model_validate(self._control.ask("PATCH", "/settings", body))

    def expire_sessions(self, principal: str = "") -> int:
        """Let the sessions of roles expire now, those whose ARN contains a text; how many did.

        Who assumes the role anew gets credentials that work.
        """
        answer = self._control.ask("POST", "/expirations", {"principal": principal})
        return int(answer["expired"])

    def reset(self) -> None:
        """As it was when it started: no jobs, files, faults, calls, and the first settings."""
        self._control.ask("POST", "/reset")
        seed(self)

    def close(self) -> None:
        """Close the connections to it; the emulator itself goes on."""
        self._control.close()


def administrator(account: str = ACCOUNT) -> dict[str, str]:
    """Credentials that may do everything in an account, enforced policies or not."""
    return {"AccessKeyId": ADMINISTRATOR_KEY + account, "SecretAccessKey": SECRET_KEY}


@contextmanager
def emulator(*hosts: str, port: int = 0) -> Iterator[Aws]:
    """An emulator for the length of a block, or of this very process if that ends first.

    It listens on the loopback, and on the addresses that are named.
    """
    work = Path(tempfile.mkdtemp(prefix="argmin-aws-"))
    process = launch(work, ["127.0.0.1", *hosts], port, attached=True)
    try:
        aws = Aws(read_url(process))
        try:
            seed(aws)
            yield aws
        finally:
            aws.close()
    finally:
        end(process)
        shutil.rmtree(work, ignore_errors=True)


def launch(
    work: Path, hosts: Sequence[str], port: int, *, attached: bool, log: Path | None = None
) -> subprocess.Popen[bytes]:
    """Start the emulator's process; it prints its URL when it listens."""
    arguments = [word for host in hosts for word in ("--host", host)]
    arguments += ["--port", str(port), "--work", str(work / "work")]
    arguments += ["--cache", str(cache_root()), "--checkout", str(REPOSITORY)]
    environment = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith(("AWS_", "MOTO_", "PYTHON"))
    }
    with contextlib.ExitStack() as stack:
        stderr = stack.enter_context(log.open("ab")) if log else None
        return subprocess.Popen(
            [
                str(emulator_python()),
                "-m",
                "tests.aws.server",
                *arguments,
                *(["--attached"] if attached else []),
            ],
            cwd=REPOSITORY,
            env={**environment, "PYTHONDONTWRITEBYTECODE": "1"},
            stdin=subprocess.PIPE if attached else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=stderr,
            start_new_session=not attached,
        )


def read_url(process: subprocess.Popen[bytes]) -> str:
    """The URL that the process prints when it listens.

    Raises:
        EmulatorError: it ended, or took too long.
    """
    if process.stdout is None:
        raise EmulatorError("the emulator's standard output is not a pipe")
    ready, _, _ = select.select([process.stdout], [], [], START_SECONDS)
    line = process.stdout.readline().decode().strip() if ready else ""
    if not line:
        end(process)
        raise EmulatorError(f"the emulator did not start (exit code {process.returncode})")
    return line


def end(process: subprocess.Popen[bytes]) -> None:
    """Stop the process, politely at first."""
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe:
            pipe.close()
