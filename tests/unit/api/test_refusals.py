"""Bad input is refused by the models with a message that says what to write."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from argmin.api.optimization.spec import OptimizationJob
from tests.refusals import REFUSALS, Refusal


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda r: r.case)
def test_a_bad_spec_is_refused_with_its_field_and_its_message(refusal: Refusal) -> None:
    with pytest.raises(ValidationError) as caught:
        OptimizationJob.model_validate(refusal.manifest)
    errors = [
        (".".join(str(part) for part in error["loc"]), error["msg"])
        for error in caught.value.errors()
    ]
    said = refusal.model_message or refusal.message
    assert any(field.startswith(refusal.field) and said in message for field, message in errors), (
        errors
    )
