"""Checks of a token's claims without a call to the API server.

They do not authenticate the sender; a token that fails them needs no token review.
"""

from __future__ import annotations

import base64
import binascii

from pydantic import BaseModel, Field, ValidationError

from argmin.api.run import TOKEN_AUDIENCE
from argmin.runtime.kube.errors import RefusalError

TOKEN_LIMIT_BYTES = 4096
CLOCK_SKEW_SECONDS = 60.0
"""Seconds by which the clock of the API server may be behind that of this process."""


class _Pod(BaseModel):
    name: str = Field(min_length=1, max_length=253)
    uid: str = Field(min_length=1, max_length=253)


class _Binding(BaseModel):
    pod: _Pod | None = None


class _Claims(BaseModel):
    audience: str | tuple[str, ...] = Field(alias="aud")
    expiry: float = Field(alias="exp")
    binding: _Binding = Field(alias="kubernetes.io", default=_Binding())


def check_structure(token: str, now: float) -> None:
    """Check the claims of a projected service-account token; `now` is in Unix seconds.

    Raises:
        RefusalError: it is not a JWT, has expired, is for another audience or not bound to a pod.
    """
    claims = _read_claims(token)
    audiences = (claims.audience,) if isinstance(claims.audience, str) else claims.audience
    if TOKEN_AUDIENCE not in audiences:
        raise refuse_token()
    if claims.expiry + CLOCK_SKEW_SECONDS < now:
        raise RefusalError(401, "the token has expired: read its file again at each request")
    if claims.binding.pod is None:
        raise RefusalError(403, "the token is not bound to a pod")


def refuse_token() -> RefusalError:
    """The refusal of a token that argmin did not issue."""
    return RefusalError(401, f"the token is not valid for audience {TOKEN_AUDIENCE}")


def _read_claims(token: str) -> _Claims:
    parts = token.split(".")
    if len(token) > TOKEN_LIMIT_BYTES or len(parts) != 3 or not all(parts):
        raise refuse_token()
    try:
        payload = base64.b64decode(parts[1] + "=" * (-len(parts[1]) % 4), b"-_", validate=True)
        return _Claims.model_validate_json(payload)
    except (binascii.Error, ValueError, ValidationError):
        raise refuse_token() from None
