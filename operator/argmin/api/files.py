"""The files of a run: further inputs, and the outputs that are kept."""

from __future__ import annotations

import itertools
import re
from typing import Annotated, ClassVar

from pydantic import Field

from argmin.api.base import ApiModel, Rule
from argmin.api.scalars import Pattern, ShortName, escape_cel
from argmin.api.sources import Source
from argmin.api.storage import S3Store

_SYSTEM = "bin|boot|dev|etc|lib|lib64|opt/argmin|proc|root|run|sbin|sys|usr|var/run"
_OWN = "opt/ml/processing/input|opt/ml/processing/output/argmin"
_PARENTS = "opt|opt/ml|opt/ml/processing|opt/ml/processing/output|var"
_RESERVED = rf"/$|^/({_PARENTS})$|^/({_SYSTEM}|{_OWN})(/.*)?$|/\.(/|$)|\.\.|//|:"
"""Paths that are no folder of a program's own: to write there would hide what is there."""


class Input(ApiModel):
    """A further file or folder for the run, under `/opt/ml/processing/input/<name>`."""

    RULES: ClassVar[tuple[Rule, ...]] = (
        Rule(
            cel="!(self.name in ['argmin', 'source'])",
            message="the inputs argmin and source are argmin's own: choose another name",
            holds=lambda i: i.name not in ("argmin", "source"),
        ),
    )

    name: ShortName = Field(
        description="Name of the input, unique in the list: the last part of its folder's path, and"
        " of the variable ARGMIN_INPUT_NAME that has the path."
    )
    source: Source = Field(description="Where the file or folder comes from: exactly one source.")


class Output(ApiModel):
    """A folder whose files are kept as outputs of the run."""

    RULES: ClassVar[tuple[Rule, ...]] = (
        Rule(
            cel="self.name != 'argmin'",
            message="the output argmin is argmin's own: choose another name",
            holds=lambda o: o.name != "argmin",
        ),
        Rule(
            cel=f"!self.path.matches('{escape_cel(_RESERVED)}')",
            message="an output is a folder of your own, such as /opt/ml/processing/output/NAME:"
            " not one of the system or of argmin, and without . and .., //, : and a / at its end",
            holds=lambda o: re.search(_RESERVED, o.path) is None,
        ),
    )

    name: ShortName = Field(
        description="Name of the output, unique in the list. The variable ARGMIN_OUTPUT_NAME has"
        " the folder's path."
    )
    path: Annotated[str, Pattern(r"^/.+$", "write an absolute path, such as /results", 1024)] = (
        Field(
            description="Absolute path of the folder the program writes to; empty when an attempt"
            " starts. Outside of this cluster's pods, below /opt/ml/processing."
        )
    )
    s3: S3Store | None = Field(
        default=None,
        description="Bucket and folder for the files of this output; if left out, they are kept"
        " with the result.",
    )


OUTPUTS_APART = Rule(
    cel="!has(self.outputs) || self.outputs.all(a, self.outputs.all(b, a.name == b.name"
    " || (a.path != b.path && !b.path.startsWith(a.path + '/'))))",
    message="spec.outputs are folders apart from each other: give each a path of its own,"
    " and none inside another",
    holds=lambda s: (
        not any(
            f"{b.path}/".startswith(f"{a.path}/") for a, b in itertools.permutations(s.outputs, 2)
        )
    ),
)
"""A rule of the spec: an attempt begins with empty outputs, so one would empty the other."""
