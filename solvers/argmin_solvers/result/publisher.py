"""Delivery of a result: into its folder, to the intake, or into object stores."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from argmin.api.answer import Reason
from argmin.api.files import Output
from argmin.api.run import (
    ANSWER_FILE,
    INVENTORY_FILE,
    LOG_FILE,
    OUTPUTS_FOLDER,
    PROOF_FILE,
    RESULT_LIMIT_BYTES,
    SOLUTION_FILE,
    Inventory,
    RunDocument,
    StoredFile,
)
from argmin.api.storage import StoredResult
from argmin_solvers.errors import RunError
from argmin_solvers.outputs.archive import pack_outputs
from argmin_solvers.outputs.files import FoundOutput, find_outputs
from argmin_solvers.process.interruption import Interruption
from argmin_solvers.process.log_capture import log
from argmin_solvers.result.proof_file import count_excess, encode_certificate, leave_out
from argmin_solvers.result.run_result import RunResult, encode_solution, solution_document, withhold
from argmin_solvers.result.termination_message import encode_whole

ARCHIVE_FILE = "outputs.tar.gz"


class Handover:
    """The way of one result.

    With a store, files go there one by one. Without one the intake, where there is any, takes them
    packed. Elsewhere they stay in their folders, with a list: somebody else fetches them.
    """

    def __init__(self, document: RunDocument, folder: Path, interruption: Interruption) -> None:
        self._document = document
        self._folder = folder
        self._interruption = interruption
        self._found: tuple[FoundOutput, ...] = ()

    @property
    def _intake_takes_it(self) -> bool:
        return self._document.intake is not None and self._document.transfers.result is None

    def keep_outputs(self, result: RunResult) -> RunResult:
        """The result once its outputs are known; where they cannot be read, it is withheld."""
        apart, others = self._part_outputs()
        try:
            if not self._intake_takes_it:
                apart, others = (*apart, *others), ()
            self._found = find_outputs(apart)
            archive = self._folder / ARCHIVE_FILE
            packed = pack_outputs(others, archive, RESULT_LIMIT_BYTES) if others else ()
        except RunError as failure:
            return withhold(result, failure)
        return self._tell(result, {"outputs": packed})

    def complete(self, result: RunResult) -> RunResult:
        """The result after its delivery.

        Of a run without an answer, or whose answer has to be withheld, only the last words go.

        Raises:
            RunError: AnswerTooLarge, AnswerUndelivered, TransferFailed; ProgramFailed where an
                output changes meanwhile.
        """
        if result.failed:
            return self._leave_last_words(result)
        solution = self._write_solution(result)
        if result.withheld:
            return self._leave_last_words(result)
        result, proof = self._write_proof(result, solution)
        done = self._tell(result, {"delivered": True, "stored": self._name_place()})
        if self._is_shipped:
            done = self._ship(done)
        else:
            done = self._list_files(
                done, {f.path: f.digest() for o in self._found for f in o.files}
            )
        if self._intake_takes_it:
            self._deliver(solution, proof)
        return done

    @property
    def _is_shipped(self) -> bool:
        transfers = self._document.transfers
        return transfers.result is not None or bool(transfers.uploads)

    def _part_outputs(self) -> tuple[tuple[Output, ...], tuple[Output, ...]]:
        """The outputs that have a place of their own, and the others."""
        outputs = self._document.outputs
        uploads = {upload.name for upload in self._document.transfers.uploads}
        apart = tuple(o for o in outputs if o.name in uploads)
        return apart, tuple(o for o in outputs if o.name not in uploads)

    def _write_solution(self, result: RunResult) -> bytes:
        solution = encode_solution(solution_document(self._document.name, result))
        file = self._folder / SOLUTION_FILE
        try:
            file.write_bytes(solution)
        except OSError as error:
            what = f"{file} cannot be written: {error.strerror}"
            if not self._intake_takes_it:
                raise RunError(Reason.UNDELIVERED, what) from None
            log.error("%s; the result is delivered all the same", what)
        return solution

    def _write_proof(self, result: RunResult, solution: bytes) -> tuple[RunResult, bytes | None]:
        """Keep the certificate, if there is one and it fits; the answer never fails over it."""
        if result.certificate is None:
            return result, None
        proof = encode_certificate(result.certificate)
        if self._intake_takes_it:
            excess = count_excess(proof, solution, len(self._read_archive() or b""))
            if excess:
                why = f"it is {excess} bytes too large for a ConfigMap: name a bucket in"
                return leave_out(result, f"{why} spec.artifacts"), None
        file = self._folder / PROOF_FILE
        try:
            file.write_bytes(proof)
        except OSError as error:
            file.unlink(missing_ok=True)
            log.error("%s cannot be written: %s", file, error.strerror)
            if not self._intake_takes_it:
                return leave_out(result, f"{error.strerror}"), None
        return result, proof

    def _complete_digests(self, known: Mapping[str, str]) -> Mapping[str, str]:
        """Digests of all files that were found, by their paths: what was sent has its own."""
        files = (file for found in self._found for file in found.files)
        return {file.path: known.get(file.path) or file.digest() for file in files}

    def _list_files(self, result: RunResult, digests: Mapping[str, str]) -> RunResult:
        """The result with all its outputs; it is written as it will be told, with a list of all."""
        known = {output.name: output for output in result.answer.outputs}
        known |= {found.name: found.describe(digests) for found in self._found}
        outputs = tuple(known[o.name] for o in self._document.outputs if o.name in known)
        result = self._tell(result, {"outputs": outputs})
        try:
            (self._folder / ANSWER_FILE).write_bytes(encode_whole(result.answer))
            inventory = Inventory(files=tuple(self._describe_files(digests)))
            text = inventory.model_dump_json(by_alias=True)
            (self._folder / INVENTORY_FILE).write_text(text, "utf-8", "surrogateescape")
        except OSError as error:
            raise RunError(
                Reason.UNDELIVERED, f"{self._folder} cannot be written: {error.strerror}"
            ) from None
        return result

    def _describe_files(self, digests: Mapping[str, str]) -> Iterator[StoredFile]:
        for name in (ANSWER_FILE, SOLUTION_FILE, PROOF_FILE, LOG_FILE):
            if (own := self._folder / name).is_file():
                content = own.read_bytes()
                digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
                yield StoredFile(path=name, bytes=len(content), digest=digest)
        for found in self._found:
            if self._goes_elsewhere(found.name):
                continue
            for file in found.files:
                path = f"{OUTPUTS_FOLDER}/{found.name}/{file.name}"
                yield StoredFile(path=path, bytes=file.bytes, digest=digests[file.path])

    def _goes_elsewhere(self, name: str) -> bool:
        uploads = {upload.name for upload in self._document.transfers.uploads}
        return name in uploads or any(o.s3 for o in self._document.outputs if o.name == name)

    def _ship(self, result: RunResult) -> RunResult:
        from argmin_solvers.artifacts.result import open_shipping

        with open_shipping(self._document.transfers, self._interruption) as shipping:
            sent = shipping.send_outputs(self._found)
            result = self._list_files(result, self._complete_digests(sent))
            shipping.send_own_files(self._folder)
        return result

    def _deliver(self, solution: bytes, proof: bytes | None) -> None:
        from argmin_solvers.intake.results import deliver, pack_parts

        assert self._document.intake is not None
        parts = pack_parts(solution, self._read_log(), self._read_archive(), proof)
        deliver(self._document.intake, self._document.name, parts, self._interruption)

    def _read_archive(self) -> bytes | None:
        archive = self._folder / ARCHIVE_FILE
        return archive.read_bytes() if archive.is_file() else None

    def _read_log(self) -> bytes:
        try:
            return (self._folder / LOG_FILE).read_bytes()
        except OSError as error:
            return f"the log could not be kept: {error.strerror}\n".encode()

    def _leave_last_words(self, result: RunResult) -> RunResult:
        """Deliver log and answer, so that they outlive the pod."""
        if self._document.transfers.result is None:
            return result
        from argmin_solvers.artifacts.result import LAST_WORDS_SECONDS, open_shipping
        from argmin_solvers.artifacts.retry import Persistence

        told = self._tell(result, {"stored": self._name_place()})
        self._found = ()
        for name in (SOLUTION_FILE, PROOF_FILE):
            (self._folder / name).unlink(missing_ok=True)
        persistence = Persistence(self._interruption, LAST_WORDS_SECONDS)
        try:
            told = self._list_files(told, {})
            with open_shipping(
                self._document.transfers, self._interruption, persistence
            ) as shipping:
                shipping.send_own_files(self._folder)
        except RunError as failure:
            log.error("the log cannot be kept: %s", failure.message)
            return result
        return told

    @staticmethod
    def _tell(result: RunResult, update: dict[str, object]) -> RunResult:
        return replace(result, answer=result.answer.model_copy(update=update))

    def _name_place(self) -> StoredResult | None:
        transfers = self._document.transfers
        store = transfers.result
        if store is None:
            return None
        return StoredResult(
            bucket=store.bucket,
            prefix=store.prefix,
            region=store.region or transfers.region,
            endpoint=store.endpoint,
        )
