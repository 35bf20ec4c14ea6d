"""Installing a host key, and activating the host with the publisher."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from tenure.core.errors import Code, Refused, Untrusted, UsageError
from tenure.core.product_key import KeyType, ProductKey, parse
from tenure.host.epoch import raise_epoch
from tenure.host.settings import Setting
from tenure.host.store import HostIdentity, identity_of
from tenure.wire.keys import derived_pair
from tenure.wire.request import sign_request
from tenure.wire.trust import TrustedCatalogs, first_catalogs, later_catalogs, open_certificate

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from uuid import UUID

    from tenure.core.catalog import Catalog
    from tenure.core.certificate import HostCertificate
    from tenure.core.clock import Clock
    from tenure.host.store import Enrolment, HostStore
    from tenure.wire.keys import SigningKey


class KeyFolder(Protocol):
    """Where a host keeps its secrets: files of mode 0600."""

    def host_key(self) -> SigningKey:
        """The key that signs leases; made when it is first asked for."""
        ...

    def save_product_key(self, publisher_id: UUID, key: ProductKey) -> None:
        """The host key of this publisher is this one."""
        ...

    def product_key(self, publisher_id: UUID) -> ProductKey | None:
        """The host key that was installed for this publisher."""
        ...


@dataclass(frozen=True, slots=True)
class InstalledKey:
    """What installing a host key did."""

    publisher_id: UUID
    publisher: str
    partial_key: str
    publisher_url: str | None


def install_key(
    typed: str,
    catalogs: Sequence[str],
    *,
    root_kid: str | None,
    store: HostStore,
    keys: KeyFolder,
    new_uuid: Callable[[], UUID],
    refuse_foreign: Callable[[str], None],
) -> InstalledKey:
    """The host has this key and trusts this publisher's catalogs; the host's own identity exists.

    `catalogs` is the list as the administrator gave it: trusted on first use, or from `root_kid`; one that follows
    a known list must chain to it. `refuse_foreign` may raise for a key that another system's host takes.

    Raises:
        UsageError: the key is mistyped, or of another type.
        Refused: a product of the catalog belongs to another publisher here.
        Untrusted: the catalogs do not verify.
    """
    refuse_foreign(typed)
    key = parse(typed)
    if key.type is not KeyType.HOST:
        raise UsageError(
            Code.KEY_TYPE,
            f"This is a {key.type.label} key; a host takes a host key.",
            "A generic key is for machines: tenure client install-key. Ask the publisher for a host key.",
        )
    known = {enrolment.publisher_id: enrolment for enrolment in store.enrolments()}
    trusted = first_catalogs(catalogs, root_kid=root_kid)
    publisher_id = trusted.newest.publisher_id
    if publisher_id in known:
        trusted = later_catalogs(_trusted(known[publisher_id]), catalogs)
    _check_strangers(
        trusted.newest, [_trusted(e).newest for e in known.values() if e.publisher_id != publisher_id]
    )
    keys.host_key()
    keys.save_product_key(publisher_id, key)
    if store.identity() is None:
        store.set_identity(HostIdentity(new_uuid(), 0))
    store.save_catalogs(publisher_id, trusted.tokens, trusted.newest)
    return InstalledKey(publisher_id, trusted.newest.name, key.partial, trusted.newest.publisher_url)


@dataclass(frozen=True, slots=True)
class ActivationDraft:
    """A request on its way to the publisher."""

    publisher_id: UUID
    catalog: Catalog
    """The newest that the host knew when it was drafted."""
    token: str
    request_id: str


def draft_activation(
    publisher_id: UUID | None,
    *,
    store: HostStore,
    keys: KeyFolder,
    fingerprint_of: Callable[[UUID], str],
    new_uuid: Callable[[], UUID],
    clock: Clock,
) -> ActivationDraft:
    """A signed request for this host's certificate; the product key itself is not in it.

    Without `publisher_id` the host must know exactly one publisher.

    Raises:
        UsageError: code `not_set_up`, when no key is installed; `invalid_argument`, when a publisher must be named.
    """
    identity = identity_of(store)
    enrolments = {e.publisher_id: e for e in store.enrolments()}
    if publisher_id is None and len(enrolments) == 1:
        publisher_id = next(iter(enrolments))
    if publisher_id is None or publisher_id not in enrolments:
        raise UsageError(
            Code.INVALID_ARGUMENT,
            f"This host knows {len(enrolments)} publishers.",
            "Name one: --publisher-id ID. They are listed by: tenure host status.",
        )
    key = keys.product_key(publisher_id)
    if key is None:
        raise UsageError(Code.NOT_SET_UP, "The host key is gone from this home.", "Install it again.")
    request_id = str(new_uuid())
    token = sign_request(
        request_id=request_id,
        asker=identity.host_id,
        audience=publisher_id,
        fingerprint=fingerprint_of(publisher_id),
        pair=derived_pair(key),
        key=keys.host_key(),
        now=clock(),
    )
    catalog = _trusted(enrolments[publisher_id]).newest
    return ActivationDraft(publisher_id, catalog, token, request_id)


def accept_certificate(
    token: str,
    newer_catalogs: Sequence[str],
    *,
    publisher_id: UUID,
    request_id: str,
    store: HostStore,
    keys: KeyFolder,
    clock: Clock,
) -> HostCertificate:
    """The host is activated with this certificate, if it answers its request of this id to this publisher.

    1. newer catalogs follow the known ones; 2. the certificate is the publisher's; 3. it is for this host, its key
    and this request; 4. it is valid now.

    Raises:
        Untrusted: naming the step that failed; nothing was taken then, but for newer catalogs that verified.
    """
    now = clock()
    # 1
    enrolment = enrolment_of(publisher_id, store=store)
    trusted = follow_publisher(enrolment, newer_catalogs, store=store)
    # 2
    certificate = open_certificate(token, trusted.newest, now=now)
    # 3
    identity = identity_of(store)
    for what, found, expected in (
        ("host", certificate.host_id, identity.host_id),
        ("key", certificate.host_kid, keys.host_key().kid),
        ("request", certificate.nonce, request_id),
    ):
        if found != expected:
            raise Untrusted(
                Code.CERTIFICATE_INVALID,
                f"The certificate is for {what} {found}; {expected} asked.",
                "Ask the publisher again: tenure host activate.",
            )
    # 4
    if not certificate.valid_at(now):
        raise Untrusted(
            Code.CERTIFICATE_INVALID,
            f"The certificate is valid from {certificate.iat} to {certificate.exp}; this clock says {now}.",
            "Set this host's clock right and activate again.",
        )
    if not identity.epoch:
        raise_epoch(store, now)
        store.save_setting(Setting.ACTIVATED, str(now))
    store.save_certificate(publisher_id, token)
    return certificate


def follow_catalogs(tokens: Sequence[str], *, store: HostStore) -> None:
    """The host knows these catalogs, when they follow those that it knew of their publisher.

    Raises:
        Untrusted: they do not follow, or are of a publisher that no key was installed for.
    """
    publisher_id = first_catalogs(tokens).newest.publisher_id
    follow_publisher(enrolment_of(publisher_id, store=store), tokens, store=store)


def enrolment_of(publisher_id: UUID, *, store: HostStore) -> Enrolment:
    """What the host keeps of this publisher.

    Raises:
        Untrusted: code `chain_broken`, when no key of it was installed.
    """
    for enrolment in store.enrolments():
        if enrolment.publisher_id == publisher_id:
            return enrolment
    raise Untrusted(
        Code.CHAIN_BROKEN, f"This host knows no publisher {publisher_id}.", "Install its host key first."
    )


def record_elsewhere(store: HostStore) -> None:
    """Every pool and product that the host knows has a row where `store` keeps its records, which is another place now.

    Raises:
        Refused: code `product_taken`: a product of this host is another publisher's there.
    """
    for enrolment in store.enrolments():
        trusted = _trusted(enrolment)
        store.save_catalogs(enrolment.publisher_id, trusted.tokens, trusted.newest)


def follow_publisher(enrolment: Enrolment, tokens: Sequence[str], *, store: HostStore) -> TrustedCatalogs:
    """The host knows those of the tokens that follow what it knew of this publisher.

    Raises:
        Untrusted: they do not follow; nothing was taken then.
    """
    trusted = later_catalogs(_trusted(enrolment), tokens)
    if trusted.tokens != enrolment.catalogs:
        store.save_catalogs(enrolment.publisher_id, trusted.tokens, trusted.newest)
    return trusted


def _trusted(enrolment: Enrolment) -> TrustedCatalogs:
    return first_catalogs(enrolment.catalogs)


def _check_strangers(catalog: Catalog, others: Sequence[Catalog]) -> None:
    for other in others:
        for product in catalog.products:
            if other.product(product.product_id) is not None:
                raise Refused(
                    Code.PRODUCT_TAKEN,
                    f"Product {product.product_id} ({product.name!r}) belongs to {other.name!r} on this host.",
                    "Two publishers cannot share a product id; ask both which of them it is.",
                )
