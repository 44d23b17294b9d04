"""The operator's log: one line for each event, as JSON or coloured text."""

from __future__ import annotations

import logging
import sys

import structlog

from argmin.api.text import MESSAGE_LIMIT, shorten

_QUIET = ("kopf", "aiohttp", "asyncio", "kubernetes")
# Local variables may contain credentials: tracebacks do not show them.
_TRACEBACKS = structlog.processors.ExceptionRenderer(
    structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
)


def configure_logs(level: str, render_json: bool) -> None:
    """Write the logs of argmin and of all libraries to standard error, in one format."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _clean_values,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    renderers: list[structlog.typing.Processor] = (
        [_TRACEBACKS, structlog.processors.JSONRenderer()] if render_json else [_open_console()]
    )
    handler = logging.StreamHandler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderers],
        )
    )
    logging.basicConfig(handlers=[handler], level=level.upper(), force=True)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


def _clean_values(
    _logger: structlog.typing.WrappedLogger, _method: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """Remove control characters from values and limit their length: they may quote a program."""
    return {
        name: shorten(value, MESSAGE_LIMIT) if isinstance(value, str) else value
        for name, value in event.items()
    }


def _open_console() -> structlog.dev.ConsoleRenderer:
    # The renderer's own choice, where rich is installed, shows local variables.
    return structlog.dev.ConsoleRenderer(
        colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
    )
