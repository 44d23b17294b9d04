"""YAML as Kubernetes reads it: no timestamps, no base 60, no key twice."""

from __future__ import annotations

import re
import sys
from collections.abc import Hashable, Iterator
from pathlib import Path
from typing import Any

import yaml

from argmin.cli.errors import CliError

STANDARD_INPUT = "-"

_INT = re.compile(r"^[-+]?(?:0b[01_]+|0[0-7_]+|0x[0-9a-fA-F_]+|0|[1-9][0-9_]*)$")
_FLOAT = re.compile(
    r"^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$"
    r"|^[-+]?\.(?:inf|Inf|INF)$|^\.(?:nan|NaN|NAN)$"
)
_REPLACED = {"tag:yaml.org,2002:timestamp", "tag:yaml.org,2002:int", "tag:yaml.org,2002:float"}


class _Loader(yaml.SafeLoader):
    """The safe loader, with the scalars of Kubernetes and without repeated keys."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen = set()
        for key_node, _ in node.value:
            key = getattr(key_node, "value", None)
            if isinstance(key, str) and key in seen and key != "<<":
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key!r} is written twice", key_node.start_mark
                )
            seen.add(str(key))
        return super().construct_mapping(node, deep)


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag not in _REPLACED]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver("tag:yaml.org,2002:int", _INT, list("-+0123456789"))
_Loader.add_implicit_resolver("tag:yaml.org,2002:float", _FLOAT, list("-+.0123456789"))


def load_file(file: str) -> Iterator[Any]:
    """The YAML or JSON documents of a file, or of standard input where it is `-`.

    Raises:
        CliError: the file is not there, or is not YAML; names the line.
    """
    label = "standard input" if file == STANDARD_INPUT else file
    try:
        yield from yaml.load_all(_read_text(file), Loader=_Loader)
    except UnicodeDecodeError:
        raise CliError(f"{label}: not UTF-8 text: give a YAML or JSON file") from None
    except OSError as error:
        raise CliError(f"{label}: {error.strerror or error}") from None
    except yaml.MarkedYAMLError as error:
        line = f":{error.problem_mark.line + 1}" if error.problem_mark else ""
        raise CliError(f"{label}{line}: not YAML: {error.problem or error.context}") from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise CliError(f"{label}: not YAML: {' '.join(str(error).split())}") from None


def _read_text(file: str) -> str:
    if file == STANDARD_INPUT:
        return sys.stdin.buffer.read().decode()
    return Path(file).read_bytes().decode()
