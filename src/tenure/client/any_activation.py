"""Activating a product the way its key says: at activation hosts, or with its publisher."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from tenure.client.activation import Activated, StillShort
from tenure.client.grant_activation import ActivatedForGood

if TYPE_CHECKING:
    from uuid import UUID

    from tenure.client.activation import Activation
    from tenure.client.grant_activation import GrantActivation
    from tenure.client.news import Informed
    from tenure.client.state import ClientStore

Outcome: TypeAlias = Activated | StillShort | ActivatedForGood


@dataclass(frozen=True, slots=True)
class AnyActivation:
    """A machine that activates each of its products."""

    store: ClientStore
    at_hosts: Activation
    by_publisher: GrantActivation

    def activate(self, product_id: UUID, *, seconds: float = 0) -> Outcome:
        """As `Activation.activate` or `GrantActivation.activate`."""
        if self._has_secret_key(product_id):
            return self.by_publisher.activate(product_id, seconds=seconds)
        return self.at_hosts.activate(product_id, seconds=seconds)

    def ask(self, product_id: UUID, *, wait: int) -> Outcome:
        """As `Activation.ask` or `GrantActivation.ask`: a publisher holds no request."""
        if self._has_secret_key(product_id):
            return self.by_publisher.ask(product_id)
        return self.at_hosts.ask(product_id, wait=wait)

    def hear(self, product_id: UUID) -> Informed:
        """As `GrantActivation.hear`."""
        return self.by_publisher.hear(product_id)

    def _has_secret_key(self, product_id: UUID) -> bool:
        product = self.store.load().products.get(product_id)
        return product is not None and product.key_type.secret
