"""`tenure-testhost`: plays the conformance cases to a client, or serves one of them to play with."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

import msgspec

from tenure.adapters.http.testhost import TestHost, serving
from tenure.adapters.os.clock import system_clock
from tenure.adapters.os.randomness import new_uuid, random_bits, random_seed
from tenure.conformance.cases import CASES
from tenure.conformance.judging import Heard, fault_of
from tenure.conformance.site import Site, new_site
from tenure.core.errors import Code, UsageError
from tenure.wire.catalog import CatalogList

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tenure.conformance.case import Case, Step
    from tenure.conformance.judging import Ended, Fault
    from tenure.core.clock import Clock
    from tenure.programs.client_under_test import Client

PATIENCE_SECONDS: Final = 3.0
"""How long a client is to wait for a whole answer, unless it is said."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What a client did with one case."""

    case: Case
    fault: Fault | None
    """The first thing that it did otherwise; None: it did all of it."""
    step: int
    """The number of the step at which that was, from 1; the number of steps where there is no fault."""
    words: str
    """The last line that it wrote to its standard error in that step."""


def chosen(names: Sequence[str] = (), *, pattern: str | None = None) -> list[Case]:
    """The cases of these names, and those whose name is like the pattern (`*` and `?`); without either all.

    Raises:
        UsageError: code `invalid_argument`, when there is no case of a name, or none like the pattern.
    """
    known = {case.name for case in CASES}
    missing = [name for name in names if name not in known]
    like = {name for name in known if pattern is not None and fnmatchcase(name, pattern)}
    if missing or (pattern is not None and not like):
        wanted = repr(missing[0]) if missing else f"like {pattern!r}"
        raise UsageError(Code.INVALID_ARGUMENT, f"There is no case {wanted}.", "See: tenure-testhost list.")
    wanted_names = {*names, *like} or known
    return [case for case in CASES if case.name in wanted_names]


def run(client: Client, cases: Sequence[Case], *, jobs: int, patience: float) -> Iterator[Seen]:
    """What the client does with each case, in their order; `jobs` of them are tried at a time.

    It is told to wait `patience` seconds for an answer.
    """
    with ThreadPoolExecutor(jobs) as threads:
        yield from threads.map(partial(run_case, client, patience=patience), cases)


def run_case(client: Client, case: Case, *, patience: float) -> Seen:
    """What the client does with one case."""
    with staged(case, patience=patience) as stage:
        for number, step in enumerate(case.steps, start=1):
            stage.arrange(step)
            ended = client(stage.environment)
            fault = stage.fault_of(step, ended)
            if fault is not None:
                return Seen(case, fault, number, ended.last_words)
    return Seen(case, None, len(case.steps), "")


class Stage:
    """A case that is played: its host serves, and what a client needs is there."""

    def __init__(self, host: TestHost, environment: Mapping[str, str]) -> None:
        """`environment` is the client's."""
        self.environment = environment
        self._host = host
        self._heard = 0

    def arrange(self, step: Step) -> None:
        """The host does from now on what the step says."""
        step.arrange(self._host.site)
        self._host.answer = step.answer
        self._heard = len(self._host.requests)
        self._host.misunderstood.clear()

    @property
    def heard(self) -> Heard:
        """What the host heard since the step was arranged."""
        requests = list(self._host.requests)
        return Heard(
            requests=requests[self._heard :],
            before=requests[: self._heard],
            misunderstood=list(self._host.misunderstood),
            at=system_clock(),
        )

    def fault_of(self, step: Step, ended: Ended) -> Fault | None:
        """What the client that ended so did otherwise than the step wants."""
        return fault_of(step, ended, self.heard)


@contextmanager
def staged(case: Case, *, patience: float, clock: Clock = system_clock) -> Iterator[Stage]:
    """The case inside the block; `clock` is the host's."""
    with TemporaryDirectory(prefix="tenure-testhost-") as name:
        folder = Path(name)
        state = folder / "state"
        state.mkdir()
        host = _host_of(case, patience, clock)
        files = _write_files(host.site, folder)
        with serving(host) as url:
            yield Stage(
                host,
                {
                    **files,
                    "TENURE_TEST_HOST": url,
                    "TENURE_TEST_SECONDS": f"{patience:g}",
                    "TENURE_TEST_STATE": str(state),
                },
            )


@contextmanager
def serve_case(case: Case, folder: Path, *, port: int, patience: float) -> Iterator[Mapping[str, str]]:
    """The host of a case's first step; gives the variables that a client needs. Its files are in `folder`."""
    host = _host_of(case, patience, system_clock)
    case.steps[0].arrange(host.site)
    files = _write_files(host.site, folder)
    with serving(host, port) as url:
        yield {**files, "TENURE_TEST_HOST": url, "TENURE_TEST_SECONDS": f"{patience:g}"}


def _host_of(case: Case, patience: float, clock: Clock) -> TestHost:
    site = new_site(now=int(time.time()), new_uuid=new_uuid, new_seed=random_seed, random_bits=random_bits)
    return TestHost(site=site, clock=clock, patience=patience, answer=case.steps[0].answer)


def _write_files(site: Site, folder: Path) -> dict[str, str]:
    """The files that a client is given, and the variables that name them."""
    catalog, root = (folder / "catalog.json").absolute(), (folder / "root.jwk").absolute()
    catalog.write_bytes(msgspec.json.encode(CatalogList((site.first_catalog,))))
    root.write_text(json.dumps(site.keys.root.public.jwk))
    return {
        "TENURE_TEST_CATALOG": str(catalog),
        "TENURE_TEST_ROOT": str(root),
        "TENURE_TEST_PRODUCT": str(site.product_id),
        "TENURE_TEST_KEY": site.generic_key,
    }
