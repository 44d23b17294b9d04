"""The file proof.json: the certificate of an answer, and what is said where it is not kept."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from argmin.api.run import RESULT_LIMIT_BYTES
from argmin_solvers.result.run_result import RunResult
from argmin_solvers.text import shorten

_MESSAGE = 512
"""Characters of `proof.message`."""


def encode_certificate(certificate: Mapping[str, Any]) -> bytes:
    """The content of proof.json as JSON text."""
    return json.dumps(certificate, ensure_ascii=False, separators=(",", ":")).encode()


def leave_out(result: RunResult, why: str) -> RunResult:
    """The result without its certificate. Its level stands: it was checked before.

    Args:
        result: one whose certificate cannot be kept.
        why: what `proof.message` says of it, after what it says already.
    """
    left = replace(result, certificate=None)
    proof = result.answer.solve.proof
    if proof is None:
        return left
    words = f"the certificate was checked and is not kept: {why}"
    if proof.message:
        words = f"{shorten(proof.message, _MESSAGE - len(words) - 2)}; {words}"
    told = proof.model_copy(update={"message": shorten(words, _MESSAGE)})
    return replace(left, answer=result.answer.with_result(proof=told))


def count_excess(proof: bytes, solution: bytes, outputs_bytes: int) -> int:
    """How many bytes too large a certificate is for a ConfigMap that holds the rest of a result.

    Args:
        proof: proof.json.
        solution: solution.json.
        outputs_bytes: size of the packed outputs.

    Returns:
        0 where it fits, compressed as all of them are.
    """
    if len(proof) + len(solution) + outputs_bytes <= RESULT_LIMIT_BYTES:
        return 0  # compressed, JSON is smaller
    packed = sum(len(gzip.compress(part, mtime=0)) for part in (proof, solution))
    return max(0, packed + outputs_bytes - RESULT_LIMIT_BYTES)
