"""Where the files of a run come from."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from argmin.api.base import ApiModel, Rule
from argmin.api.pod import ConfigMapKeyRef
from argmin.api.scalars import Name, Pattern
from argmin.api.storage import S3Object


class ImagePath(ApiModel):
    """A file that the run's image already holds."""

    path: Annotated[
        str, Pattern(r"^/.+$", "write an absolute path, such as /models/plan.mps", 1024)
    ] = Field(description="Absolute path in the run's image.")


class ClaimPath(ApiModel):
    """A file or folder on a persistent volume claim, mounted read-only."""

    claim_name: Name = Field(description="Name of the claim, in the same namespace.")
    path: Annotated[str, Field(max_length=1024)] = Field(
        default="",
        description="Path inside the volume, without a leading slash; the whole volume if left"
        " out, which a model does not allow.",
    )


_ONE_SOURCE = Rule(
    cel="[has(self.inline), has(self.configMapKeyRef), has(self.image),"
    " has(self.persistentVolumeClaim), has(self.s3)].filter(given, given).size() == 1",
    message="a source is exactly one of inline, configMapKeyRef, image,"
    " persistentVolumeClaim or s3",
    holds=lambda s: (
        sum(
            x is not None
            for x in (s.inline, s.config_map_key_ref, s.image, s.persistent_volume_claim, s.s3)
        )
        == 1
    ),
)
_NO_CLIMBING = Rule(
    cel="!has(self.persistentVolumeClaim) || !has(self.persistentVolumeClaim.path)"
    " || !(self.persistentVolumeClaim.path.startsWith('/')"
    " || self.persistentVolumeClaim.path.contains('..'))",
    message="persistentVolumeClaim.path is relative to the volume: no leading / and no ..",
    holds=lambda s: (
        s.persistent_volume_claim is None
        or not (
            s.persistent_volume_claim.path.startswith("/") or ".." in s.persistent_volume_claim.path
        )
    ),
)


class Source(ApiModel):
    """Where a file comes from; the run mounts or fetches it, and the operator never does."""

    RULES: ClassVar[tuple[Rule, ...]] = (_ONE_SOURCE, _NO_CLIMBING)

    inline: Annotated[str, Field(min_length=1, max_length=524288)] | None = Field(
        default=None, description="The text itself, at most 512 KiB."
    )
    config_map_key_ref: ConfigMapKeyRef | None = Field(
        default=None, description="A key of a ConfigMap in the same namespace."
    )
    image: ImagePath | None = Field(
        default=None, description="A file that the run's image already holds."
    )
    persistent_volume_claim: ClaimPath | None = Field(
        default=None,
        description="A file or folder of a persistent volume claim, mounted read-only; for pods of"
        " this cluster only.",
    )
    s3: S3Object | None = Field(
        default=None, description="A file (key) or a folder (prefix) in a bucket."
    )
