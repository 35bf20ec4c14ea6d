"""What happens to a site between two steps of a case: keys are rotated, hosts are renewed, replaced and revoked."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from tenure.conformance.site import root_entry, signing_entry
from tenure.core.policy import DAY
from tenure.core.revocation import Revocable, Revocation, RevocationList
from tenure.wire.revocation import sign_revocations

if TYPE_CHECKING:
    from tenure.conformance.site import Site
    from tenure.core.catalog import Catalog
    from tenure.wire.keys import SigningKey

ROTATED: Final = DAY
"""How long before the run keys were rotated, in seconds: after the host was certified."""
REVOKED_SINCE: Final = 2 * 3_600
"""How long before the run the host was revoked, in the cases in which it is; in seconds."""


def rotate_signing_key(site: Site) -> None:
    """A second catalog closes the signing key and opens another, by which the host is certified."""
    moment = site.now - ROTATED
    before = site.catalog()
    keys = (replace(before.keys[0], closes=moment), signing_entry(site.keys.next_signing, moment))
    _publish(site, replace(before, seq=2, iat=moment, keys=keys), site.keys.root)
    rotate_in_silence(site)


def rotate_in_silence(site: Site) -> None:
    """The host is certified anew, by the next signing key; no catalog that it has names it, unless one did before."""
    site.certificate_key, site.certified_at = site.keys.next_signing, site.now - ROTATED


def keep_the_closed_key(site: Site) -> None:
    """The signing key was closed, but the host still shows its certificate by it."""
    certified_at = site.certified_at
    rotate_signing_key(site)
    site.certificate_key, site.certified_at = site.keys.signing, certified_at


def go_back_to_the_first_catalog(site: Site) -> None:
    """The host shows the first catalog as if it were new, and a certificate by the key that was closed since."""
    site.catalogs = [site.first_catalog]
    site.said_seq, site.hands_on_all = 9, True
    site.certificate_key = site.keys.signing


def rotate_root(site: Site) -> None:
    """A second catalog names another root, which signs a third; the signing key is another one, too."""
    moment = site.now - ROTATED
    before = site.catalog()
    roots = (replace(before.roots[0], closes=moment), root_entry(site.keys.next_root, moment))
    between = replace(before, seq=2, iat=moment, roots=roots)
    _publish(site, between, site.keys.root)
    keys = (*between.keys, signing_entry(site.keys.next_signing, moment))
    _publish(site, replace(between, seq=3, iat=moment + 1, keys=keys), site.keys.next_root)
    rotate_in_silence(site)


def rotate_root_with_a_gap(site: Site) -> None:
    """The same, but the catalog that names the new root is missing from what the host hands on."""
    rotate_root(site)
    del site.catalogs[1]


def close_the_gap(site: Site) -> None:
    """All catalogs are handed on again."""
    site.catalogs.clear()
    rotate_root(site)


def forge_catalog(site: Site) -> None:
    """A stranger signs a newer catalog, which names the stranger's keys and nobody else's."""
    before = site.catalog()
    forged = replace(
        before,
        seq=9,
        iat=site.now - ROTATED,
        roots=(root_entry(site.keys.stranger, before.iat),),
        keys=(signing_entry(site.keys.stranger, before.iat),),
    )
    _publish(site, forged, site.keys.stranger)
    site.certificate_key = site.keys.stranger


def withdraw_the_forgery(site: Site) -> None:
    """The publisher's own catalog and certificate are back."""
    site.catalogs.clear()
    site.certificate_key = site.keys.signing


def withhold(site: Site) -> None:
    """The host says that it has a newer catalog and a newer list, and cannot give them."""
    site.said_seq, site.revocation_seq, site.withholds = 9, 9, True


def renew_certificate(site: Site) -> None:
    """The same host has another key pair, and a certificate that names it."""
    site.host_key = site.keys.next_host


def replace_host(site: Site) -> None:
    """Another host stands at the address, activated with another host key."""
    site.host_id, site.host_key, site.key_id = (
        site.next_host_id,
        site.keys.next_host,
        site.keys.next_host.kid,
    )


def revoke_host(site: Site) -> None:
    """The publisher revoked the host two hours ago, and the host hands the list on all the same."""
    _revoke(site, (Revocable.HOST, str(site.host_id)), site.keys.signing)


def revoke_key(site: Site) -> None:
    """The publisher revoked the host key with which the host was activated."""
    _revoke(site, (Revocable.KEY, site.key_id), site.keys.signing)


def forge_revocation(site: Site) -> None:
    """A stranger says that the host is revoked."""
    _revoke(site, (Revocable.HOST, str(site.host_id)), site.keys.stranger)


def go_back_to_an_empty_list(site: Site) -> None:
    """The host shows an older list, which revokes nothing, as if it were new."""
    site.revocations = _list(site, 1, (), site.keys.signing)
    site.revocation_seq = 9


def _revoke(site: Site, subject: tuple[Revocable, str], key: SigningKey) -> None:
    # Its seq is 2, so that there can be one before it.
    site.revocation_seq = 2
    kind, name = subject
    entry = Revocation(kind=kind, subject=name, since=site.now - REVOKED_SINCE)
    site.revocations = _list(site, site.revocation_seq, (entry,), key)


def _list(site: Site, seq: int, entries: tuple[Revocation, ...], key: SigningKey) -> str:
    return sign_revocations(
        RevocationList(
            publisher_id=site.publisher_id,
            seq=seq,
            iat=site.now - REVOKED_SINCE,
            next_update=site.now + DAY,
            entries=entries,
        ),
        document_id=f"conformance-{seq}",
        signing_key=key,
    )


def _publish(site: Site, catalog: Catalog, root: SigningKey) -> None:
    if not site.catalogs:
        site.catalogs.append(site.first_catalog)
    site.catalogs.append(site.signed(catalog, root))
