"""`quickstart.json`: what `tenure up` tells other programs about itself (design, section 7)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tenure.adapters.files.atomic import write_atomically

if TYPE_CHECKING:
    from pathlib import Path

    from tenure.core.catalog import Catalog


def write_quickstart(
    path: Path,
    *,
    activation_url: str,
    publisher_url: str,
    publisher_key: Path,
    root_key: Path,
    catalog: Path,
    newest: Catalog,
) -> dict[str, Any]:
    """The file at `path` says where everything is; bases without a trailing slash, paths absolute."""
    said = {
        "activation_url": activation_url,
        "publisher_url": publisher_url,
        "publisher_key": str(publisher_key.absolute()),
        "root_key": str(root_key.absolute()),
        "catalog": str(catalog.absolute()),
        "products": [
            {
                "product_id": str(product.product_id),
                "name": product.name,
                "kind": product.kind.value,
                "generic_key": product.generic_keys[0],
            }
            for product in newest.products
        ],
    }
    write_atomically(path, (json.dumps(said, indent=2, ensure_ascii=False) + "\n").encode())
    return said
