"""`tenure-testhost`: runs any client, in any language, against the conformance cases, or serves one case to play with.

The client is a command. It is run once for each step, with what it needs in its environment:

    TENURE_TEST_HOST      the host's URL, such as http://127.0.0.1:40123
    TENURE_TEST_CATALOG   a file: the publisher's catalogs, as an administrator gives them
    TENURE_TEST_ROOT      a file: the publisher's public root key, a JWK
    TENURE_TEST_PRODUCT   the product's id
    TENURE_TEST_KEY       the product's generic key
    TENURE_TEST_STATE     a folder that is the client's for the whole case, and empty at its beginning

It asks the host for a lease once, keeps what it keeps in the folder, prints as its last line a JSON object with
`license_status`, and ends with exit code 0 (granted), 3 (refused, or a 202), 4 (no usable answer) or 5 (not to be trusted).
"""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

import msgspec

from tenure.adapters.http.testhost import TestHost, serving
from tenure.adapters.os.clock import system_clock
from tenure.adapters.os.randomness import new_uuid, random_bits, random_seed
from tenure.conformance.cases import CASES, Case, Outcome, Step
from tenure.conformance.site import Site, new_site
from tenure.core.errors import Code, UsageError
from tenure.wire.catalog import CatalogList

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from contextlib import AbstractContextManager

STEP_SECONDS: Final = 60.0
"""How long a client may take for one step."""
EXIT_CODES: Final = {0: Outcome.GRANTED, 3: Outcome.REFUSED, 4: Outcome.UNAVAILABLE, 5: Outcome.UNTRUSTED}


@dataclass(frozen=True, slots=True)
class Seen:
    """What a client did with one case."""

    case: Case
    fault: str | None
    """The first thing that it did otherwise; None: it did all of it."""
    step: int
    """The number of the step at which that was, from 1; the number of steps where there is no fault."""


def chosen(names: Sequence[str]) -> list[Case]:
    """The cases of these names; none: all.

    Raises:
        UsageError: code `invalid_argument`, when there is no case of a name.
    """
    known = {case.name: case for case in CASES}
    missing = [name for name in names if name not in known]
    if missing:
        raise UsageError(
            Code.INVALID_ARGUMENT, f"There is no case {missing[0]!r}.", "See: tenure-testhost list."
        )
    return [known[name] for name in names] if names else list(CASES)


def run(command: str, cases: Sequence[Case], *, jobs: int) -> Iterator[Seen]:
    """What the client that `command` starts does with each case, in their order; `jobs` of them are tried at a time.

    Raises:
        UsageError: code `invalid_argument`, when the command is none.
    """
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise UsageError(Code.INVALID_ARGUMENT, f"The command cannot be read: {error}.") from error
    if not words:
        raise UsageError(Code.INVALID_ARGUMENT, "There is no command.", "Give the client's with --client.")
    with ThreadPoolExecutor(jobs) as threads:
        yield from threads.map(partial(_run_case, words), cases)


def serve_case(case: Case, folder: Path) -> AbstractContextManager[str]:
    """The host of a case's first step, at the URL that this gives; what a client needs is in `folder`."""
    host = TestHost(_new_site(), system_clock)
    _arrange(host, case.steps[0])
    _write_files(host.site, folder)
    return serving(host)


def _run_case(words: Sequence[str], case: Case) -> Seen:
    host = TestHost(_new_site(), system_clock)
    with TemporaryDirectory(prefix="tenure-testhost-") as name, serving(host) as url:
        folder = Path(name)
        state = folder / "state"
        state.mkdir()
        environment = {
            **os.environ,
            **_write_files(host.site, folder),
            "TENURE_TEST_HOST": url,
            "TENURE_TEST_STATE": str(state),
        }
        for number, step in enumerate(case.steps, start=1):
            _arrange(host, step)
            fault = _fault(words, environment, host, step)
            if fault is not None:
                return Seen(case, fault, number)
    return Seen(case, None, len(case.steps))


def _fault(words: Sequence[str], environment: dict[str, str], host: TestHost, step: Step) -> str | None:
    """What the client did otherwise than the step wants; None: nothing."""
    asked = host.asked
    try:
        done = subprocess.run(  # noqa: S603 - running the client under test is what this is for
            words, env=environment, capture_output=True, text=True, timeout=STEP_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        return f"it did not end within {STEP_SECONDS:.0f} s"
    except OSError as error:
        raise UsageError(
            Code.INVALID_ARGUMENT, f"{words[0]!r} cannot be run: {error.strerror}.", "Check the command."
        ) from error
    outcome = EXIT_CODES.get(done.returncode)
    if outcome is None:
        return (
            f"it ended with exit code {done.returncode}: {_last_line(done.stderr)[:300] or 'no word of why'}"
        )
    if outcome is not step.outcome:
        return f"it ended as {outcome.value}; {step.outcome.value} was expected"
    if host.asked == asked:
        return "it never asked the host"
    status = _status(done.stdout)
    if status is None:
        return "its last line is no JSON object with license_status"
    if (status == "licensed") != step.licensed:
        return (
            f"its license status is {status}; {'licensed' if step.licensed else 'anything else'} was expected"
        )
    return None


def _arrange(host: TestHost, step: Step) -> None:
    step.arrange(host.site)
    host.answer = step.answer


def _new_site() -> Site:
    return new_site(now=int(time.time()), new_uuid=new_uuid, new_seed=random_seed, random_bits=random_bits)


def _write_files(site: Site, folder: Path) -> dict[str, str]:
    """The files that a client is given, and the variables that name them."""
    catalog, root = folder / "catalog.json", folder / "root.jwk"
    catalog.write_bytes(msgspec.json.encode(CatalogList((site.first_catalog,))))
    root.write_text(json.dumps(site.keys.root.public.jwk))
    return {
        "TENURE_TEST_CATALOG": str(catalog),
        "TENURE_TEST_ROOT": str(root),
        "TENURE_TEST_PRODUCT": str(site.product_id),
        "TENURE_TEST_KEY": site.generic_key,
    }


def _status(out: str) -> str | None:
    try:
        value = json.loads(_last_line(out))
    except (ValueError, RecursionError):
        return None
    status = value.get("license_status") if isinstance(value, dict) else None
    return status if isinstance(status, str) else None


def _last_line(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[-1] if lines else ""
