"""The frame around every command: lazy groups, the options that all share, and errors without tracebacks."""

from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tenure.cli.exit_codes import ExitCode, exit_code_of
from tenure.cli.printing import error_json, print_error, print_json
from tenure.core.errors import Code, LocalFault, TenureError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence


class LazyGroup(click.Group):
    """A group that imports a command's module when it is asked for, so that `tenure client status` stays quick."""

    def __init__(self, *args: Any, modules: Mapping[str, str], **kwargs: Any) -> None:
        """`modules` maps a command's name to the module whose `command` it is."""
        super().__init__(*args, **kwargs)
        self._modules = modules

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """The names, in the order in which a newcomer needs them."""
        return list(self._modules)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's
        """The command; one that needs packages which are not installed says which extra brings them."""
        module = self._modules.get(cmd_name)
        if module is None:
            return None
        try:
            command: click.Command = importlib.import_module(module).command
        except ModuleNotFoundError as error:
            if error.name is None or error.name.split(".")[0] == "tenure":
                raise
            extra = "microsoft" if module.startswith("tenure.cli.microsoft") else "server"
            raise click.ClickException(
                f"This command needs the package {error.name!r}. Install it with: pip install 'tenure[{extra}]'"
            ) from error
        return command


def home_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """`--home DIR`, as `home`: a Path or None."""
    return click.option(
        "--home",
        type=click.Path(file_okay=False, path_type=Path),
        help="The state folder (default: $TENURE_HOME, else the user's own; root: /var/lib/tenure).",
    )(function)


def ca_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """`--ca FILE`, as `ca`: a path, `system`, or None."""
    return click.option(
        "--ca",
        metavar="FILE",
        help="Over TLS trust the authorities in this PEM file, and no others; 'system': those of the system.",
    )(function)


def timeout_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """`--timeout SECONDS`, as `answer_seconds`: a number or None."""
    return click.option(
        "--timeout",
        "answer_seconds",
        type=click.FloatRange(0.1, 600),
        metavar="SECONDS",
        help="Give each host so long for its answer (default: 30).",
    )(function)


def json_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """`--json`, as `as_json`: print one JSON object instead of text."""
    return click.option("--json", "as_json", is_flag=True, help="Print one JSON object, for programs.")(
        function
    )


def server_tls_options(prefix: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """A server's TLS files, as `certificate` and `key`: Paths or None; `prefix` begins the options' names."""

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        path = click.Path(dir_okay=False, path_type=Path)
        key = click.option(
            f"--{prefix}key", "key", metavar="FILE", type=path, help="Its private key, PEM, not encrypted."
        )
        certificate = click.option(
            f"--{prefix}certificate",
            "certificate",
            metavar="FILE",
            type=path,
            help="The server's TLS certificate, PEM; below it those of the authorities between.",
        )
        return certificate(key(function))

    return decorate


def key_argument(function: Callable[..., Any]) -> Callable[..., Any]:
    """`[KEY]`, as `key`; missing or `-`: asked for without echo, or read from standard input."""
    return click.argument("key", required=False, default="-", callback=_read_key)(function)


def _read_key(_context: click.Context, _parameter: click.Parameter, value: str) -> str:
    if value != "-":
        return value
    if sys.stdin.isatty():
        return str(click.prompt("Product key", hide_input=True))
    return sys.stdin.readline(200).strip()


def run(group: click.Group, arguments: Sequence[str] | None = None) -> int:
    """Run the command line and give its exit code; every error is told in words, none as a traceback."""
    as_json = "--json" in (arguments if arguments is not None else sys.argv[1:])
    try:
        result = group.main(args=list(arguments) if arguments is not None else None, standalone_mode=False)
    except TenureError as error:
        return _tell(error, as_json=as_json)
    except click.exceptions.Exit as leaving:
        return leaving.exit_code
    except click.Abort:
        click.echo("Stopped.", err=True)
        return ExitCode.FAILED
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except BrokenPipeError:
        # The reader (head, less) left: nothing more to say, and nothing to flush at exit either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.FAILED
    except OSError as error:
        cure = "Run it as root, or as the user of that folder." if isinstance(error, PermissionError) else ""
        fault = LocalFault(Code.HOME_UNUSABLE, f"The operating system refused: {error}.", cure)
        return _tell(fault, as_json=as_json)
    return result if isinstance(result, int) else ExitCode.DONE


def _tell(error: TenureError, *, as_json: bool) -> int:
    if as_json:
        print_json(error_json(error))
    else:
        print_error(error)
    return exit_code_of(error)
