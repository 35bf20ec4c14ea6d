"""Tenure's own client as `tenure-testhost run` wants a client: one attempt, then the license status as a line of JSON.

tenure-testhost run --client "python examples/conformance_client.py"
"""

from __future__ import annotations

import json
import os
import sys
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

from tenure.cli.command import run
from tenure.cli.main import command


def main() -> int:
    """Install the key if that is not done yet, ask the host once, and tell what the machine is licensed to."""
    os.environ["TENURE_HOME"] = os.environ["TENURE_TEST_STATE"]
    if not (Path(os.environ["TENURE_HOME"]) / "client").exists():
        key, catalog = os.environ["TENURE_TEST_KEY"], os.environ["TENURE_TEST_CATALOG"]
        run(
            command,
            ["client", "install-key", key, "--catalog", catalog, "--root", os.environ["TENURE_TEST_ROOT"]],
        )
        run(command, ["client", "set-host", os.environ["TENURE_TEST_HOST"]])
    outcome = run(command, ["client", "activate", "--timeout", os.environ["TENURE_TEST_SECONDS"]])
    with redirect_stdout(StringIO()) as told:
        run(command, ["client", "status", "--json"])
    print(json.dumps(json.loads(told.getvalue())))
    return outcome


if __name__ == "__main__":
    sys.exit(main())
