"""New machines that ask the hosts without a pause worth the name, in one process, and remember what was answered.

Says `{"kind": "answer", "at", "host", "machine", "request", "status"}` after each; status 0 is no answer.
"""

from __future__ import annotations

import argparse
import threading
import time
import uuid
from typing import Final

import msgspec

from faults.saying import input_ends, say
from tenure.adapters.http.client import HttpClient, NoAnswerError

PAUSE_SECONDS: Final = 0.05
"""Between two requests of one asker."""


def ask(url: str, product: str, over: threading.Event) -> None:
    """One new machine after the other asks this host."""
    http = HttpClient()
    while not over.wait(PAUSE_SECONDS):
        machine, request = str(uuid.uuid4()), str(uuid.uuid4())
        body = {
            "machine_id": machine,
            "product_id": product,
            "request_id": request,
            "hostname": f"asker-{machine[:8]}",
            "fingerprint": f"fingerprint-{machine}",
            "virtual": False,
            "license_status": "notification",
            "minutes_remaining": 0,
            "client_time": int(time.time()),
        }
        try:
            answer = http.request("POST", f"{url}/v1/activations", body=msgspec.json.encode(body))
            status = answer.status
        except NoAnswerError:
            status = 0
        say("answer", host=url, machine=machine, request=request, status=status)


def main() -> None:
    """They ask until the input ends."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--product", required=True)
    parser.add_argument("--each", type=int, default=3, help="askers of each host")
    parser.add_argument("urls", nargs="+")
    arguments = parser.parse_args()
    over = input_ends()
    for url in arguments.urls * arguments.each:
        threading.Thread(target=ask, args=(url, arguments.product, over), daemon=True).start()
    over.wait()


if __name__ == "__main__":
    main()
