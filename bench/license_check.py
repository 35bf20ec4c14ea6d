"""How long `License.check` takes: `python bench/license_check.py [CHECKS [PROCESSES]]`.

- first: a new process's first check: nothing is in memory, every signature is verified
- changed: the files have changed since the last check, so they are read and verified anew
- warm: nothing has changed, as nearly always

Importing the library is told apart, because a process does it once.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from tenure import License
from tenure.adapters.files.client_store import FileClientStore
from tenure.adapters.os.fingerprint import machine_fingerprint
from tenure.adapters.os.home import Home
from tenure.client.host_address import parse_host
from tenure.client.setup import install_key
from tenure.client.state import HeldLease
from tenure.core.catalog import Catalog, KeyEntry, Product
from tenure.core.certificate import LIFETIME_SECONDS, HostCertificate
from tenure.core.lease import Lease, term
from tenure.core.policy import Kind, Policy
from tenure.core.product_key import KeyType, make
from tenure.wire.catalog import SIGNED_BY_PUBLISHER, sign_catalog
from tenure.wire.certificate import sign_certificate
from tenure.wire.jws import Typ
from tenure.wire.keys import SigningKey
from tenure.wire.lease import LeaseMint

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT, SIGNING, HOST = (SigningKey(bytes([seed]) * 32) for seed in (1, 2, 3))
PUBLISHER_ID, HOST_ID, PRODUCT_ID = (UUID(int=n, version=4) for n in (1, 2, 3))
_FIRST = """
import json, sys, time
start = time.perf_counter()
from tenure import License
imported = time.perf_counter()
license = License(root_key=sys.argv[1], product_id=sys.argv[2], home=sys.argv[3])
made = time.perf_counter()
assert license.check().licensed
print(json.dumps([imported - start, time.perf_counter() - made]))
"""


def licensed_home(home: Home) -> None:
    """The home holds a lease of today, under a catalog of 50 products."""
    now = int(time.time())
    policy = Policy(threshold=25)
    products = tuple(
        Product(
            product_id=PRODUCT_ID if number == 0 else uuid4(),
            number=number,
            name=f"Product {number}",
            kind=Kind.WORKSTATION,
            pool="workstations",
            generic_keys=(make(KeyType.GENERIC, number, 7).text,),
        )
        for number in range(50)
    )
    catalog = Catalog(
        publisher_id=PUBLISHER_ID,
        seq=1,
        iat=now - 100,
        name="Bench",
        roots=(KeyEntry(ROOT.kid, ROOT.public.x, frozenset({Typ.CATALOG.value}), 0),),
        keys=(KeyEntry(SIGNING.kid, SIGNING.public.x, SIGNED_BY_PUBLISHER, 0),),
        pools={"workstations": policy},
        products=products,
    )
    certificate = HostCertificate(
        certificate_id="certificate",
        publisher_id=PUBLISHER_ID,
        host_id=HOST_ID,
        host_kid=HOST.kid,
        host_x=HOST.public.x,
        pools={"workstations": policy},
        org="Bench",
        agreement="",
        trial=True,
        key_id=ROOT.kid,
        nonce="request",
        iat=now - 100,
        exp=now - 100 + LIFETIME_SECONDS,
    )
    iat, exp = term(policy, now)
    store = FileClientStore(home.client)
    install_key(
        make(KeyType.GENERIC, 0, 7),
        [sign_catalog(catalog, document_id="catalog", root=ROOT)],
        root_kid=None,
        store=store,
        clock=lambda: now,
        new_uuid=uuid4,
    )
    machine = store.load().machine
    assert machine is not None, "install_key makes it"  # noqa: S101 - a measurement, not a program
    lease = Lease(
        lease_id="lease",
        host_id=HOST_ID,
        machine_id=machine.machine_id,
        product_id=PRODUCT_ID,
        pool="workstations",
        nonce="request",
        fingerprint=machine_fingerprint(home.client, PUBLISHER_ID),
        count=30,
        threshold=25,
        iat=iat,
        exp=exp,
        renew_after=iat + policy.renewal_interval_s,
        epoch=1,
    )
    held = HeldLease(
        lease=LeaseMint(HOST).mint(lease),
        certificate=sign_certificate(certificate, SIGNING),
        draw=0.0,
        host=parse_host("host.example"),
    )
    store.update(lambda state: state.with_lease(PRODUCT_ID, held))


def timed(
    action: Callable[[], object], times: int, before: Callable[[], object] | None = None
) -> list[float]:
    """Seconds of each call; `before` is called before each, not counted."""
    taken = []
    for _ in range(times):
        if before is not None:
            before()
        start = time.perf_counter()
        action()
        taken.append(time.perf_counter() - start)
    return taken


def firsts(home: Home, processes: int) -> tuple[list[float], list[float]]:
    """Seconds of importing the library, and of the first check, in processes of their own."""
    arguments = (json.dumps(ROOT.public.jwk), str(PRODUCT_ID), str(home.root))
    pairs = [
        json.loads(subprocess.check_output([sys.executable, "-c", _FIRST, *arguments]))
        for _ in range(processes)
    ]
    return [pair[0] for pair in pairs], [pair[1] for pair in pairs]


def tell(name: str, seconds: list[float]) -> None:
    """One line: the median, the 99th percentile and the number of measurements."""
    p50, p99 = statistics.median(seconds), statistics.quantiles(seconds, n=100, method="inclusive")[98]
    print(f"{name:8} p50 {p50 * 1e3:8.3f} ms   p99 {p99 * 1e3:8.3f} ms   ({len(seconds):,} times)")


def main() -> None:
    """Measure and print."""
    checks, processes = [*map(int, sys.argv[1:3]), *(20_000, 20)[len(sys.argv) - 1 :]]
    with tempfile.TemporaryDirectory(prefix="tenure-bench-") as folder:
        home = Home(Path(folder))
        licensed_home(home)
        importing, first = firsts(home, processes)
        tell("import", importing)
        tell("first", first)
        product = License(root_key=ROOT.public.jwk, product_id=PRODUCT_ID, home=folder)
        lease = home.client / "leases" / f"{PRODUCT_ID}.json"
        tell("changed", timed(product.check, max(2, checks // 100), before=lease.touch))
        tell("warm", timed(product.check, checks))


if __name__ == "__main__":
    main()
