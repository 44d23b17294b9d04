"""Credentials expire and roles go: the condition says whose and what, and heals with the cause."""

from __future__ import annotations

import pytest

from tests.aws.delegation.identity import OPERATOR, Identity
from tests.aws.delegation.manifests import BLEND_VALUE, build_blend
from tests.aws.delegation.roles import Roles, name_arn
from tests.aws.delegation.scene import Scene

pytestmark = pytest.mark.aws


def test_the_operators_own_credentials_expire_and_are_renewed(
    scene: Scene, identity: Identity
) -> None:
    scene.start_endless()
    scene.aws.expire_sessions(OPERATOR)
    scene.submit(build_blend("blend"))
    waiting = scene.await_condition("blend", "Reconciling", "CredentialsExpired")
    assert "credentials of argmin" in waiting["message"]
    identity.renew()
    assert scene.finish("blend")["objective"] == BLEND_VALUE
    scene.delete("endless")
    scene.await_gone("endless")
    scene.check_attempts("endless", "Stopped")
    scene.check_attempts("blend", "Completed")


def test_credentials_of_the_teams_role_expire_and_nobody_notices(guarded: Scene) -> None:
    guarded.solve("first")
    guarded.aws.expire_sessions("assumed-role/argmin-team/")
    assert guarded.solve("second")["objective"] == BLEND_VALUE
    assert len(guarded.calls("sts", "AssumeRole")) == 2
    guarded.check_attempts("second", "Completed")


def test_the_teams_role_is_revoked_and_restored(guarded: Scene, roles: Roles) -> None:
    roles.revoke(roles.team)
    guarded.submit(build_blend("blend"))
    stalled = guarded.await_condition("blend", "Stalled", "AccessDenied")
    assert "s3:PutObject" in stalled["message"]
    assert "assumed-role/argmin-team/" in stalled["message"]
    roles.restore(roles.team)
    assert guarded.finish("blend")["objective"] == BLEND_VALUE
    guarded.check_attempts("blend", "Completed")
    guarded.check_nothing_left("blend")


def test_the_teams_role_goes_while_a_job_runs_and_comes_back(guarded: Scene, roles: Roles) -> None:
    guarded.start_endless()
    roles.remove(roles.team)
    guarded.delete("endless")
    stalled = guarded.await_condition("endless", "Stalled", "AccessDenied")
    assert "sagemaker:" in stalled["message"]
    roles.bring_back(roles.team)
    guarded.await_gone("endless")
    guarded.check_attempts("endless", "Stopped")


def test_a_role_that_does_not_let_argmin_in_is_named(guarded: Scene, roles: Roles) -> None:
    stranger = name_arn("argmin-nobody")
    guarded.submit(build_blend("blend", backend={"sageMaker": {"assumeRoleArn": stranger}}))
    stalled = guarded.await_condition("blend", "Stalled", "RoleNotUsable")
    assert stranger in stalled["message"]
    guarded.check_attempts("blend")
