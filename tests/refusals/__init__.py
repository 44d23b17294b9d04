"""Specs that are refused, and the message each is refused with: the API server's and ours alike."""

from tests.refusals.backend import BACKEND_REFUSALS
from tests.refusals.jobs import JOB_REFUSALS
from tests.refusals.refusal import MODEL, SCRIPT, Refusal
from tests.refusals.storage import STORAGE_REFUSALS

REFUSALS = (*JOB_REFUSALS, *STORAGE_REFUSALS, *BACKEND_REFUSALS)

__all__ = ["MODEL", "REFUSALS", "SCRIPT", "Refusal"]
