"""`tenure slmgr`."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tenure.adapters.os.home import home_to_write
from tenure.cli.client.telling import tell, warn
from tenure.cli.command import home_option, json_option
from tenure.cli.exit_codes import ExitCode, exit_code_of
from tenure.cli.offline import carried_here
from tenure.cli.printing import error_json, print_json
from tenure.cli.slmgr_facts import activation_facts, license_facts
from tenure.cli.slmgr_switches import Request, as_number, parse_words, usage
from tenure.cli.slmgr_text import error_lines, expiration, hresult_of, license_information
from tenure.core.errors import Code, TenureError, UsageError
from tenure.programs import lifecycle, slmgr, slmgr_offline
from tenure.programs.slmgr_licenses import licenses

if TYPE_CHECKING:
    from collections.abc import Callable

    from tenure.adapters.os.home import Home

_HELP_WORDS = {"/?", "-?", "/h", "-h", "/help", "-help"}
_CONFIRMATION = re.compile(r"\s*(\{|-{2,}\s*BEGIN TENURE|TENURE/\d)", re.IGNORECASE)
"""How a file, a text block and a picture's text begin: no file is called so."""
_ACTIVATION_TYPES = {"": "KMS", "0": "KMS", "2": "KMS"}


@dataclass(frozen=True)
class Call:
    """A switch to carry out, and the options beside it."""

    request: Request
    given: Path | None
    catalog: Path | None

    @property
    def home(self) -> Home:
        """The home that a switch which changes something works on."""
        return home_to_write(self.given)


@dataclass(frozen=True)
class Reply:
    """What a switch has to say: lines for people, facts for programs."""

    lines: list[str]
    facts: dict[str, Any] = field(default_factory=dict)
    error: TenureError | None = None


@click.command("slmgr", context_settings={"ignore_unknown_options": True, "help_option_names": ["--help"]})
@click.argument("words", nargs=-1, type=click.UNPROCESSED, metavar="/SWITCH [PARAMETERS]")
@click.option(
    "--catalog",
    type=click.Path(dir_okay=False, path_type=Path),
    help="For /ipk: the publisher's catalog file. [default: $TENURE_CATALOG, else one in the home]",
)
@home_option
@json_option
def command(words: tuple[str, ...], catalog: Path | None, home: Path | None, *, as_json: bool) -> int:
    """The commands of slmgr.vbs, for products and hosts of Tenure: `tenure slmgr /?` lists the switches.

    `-` stands for `/`, and case does not matter. It never touches Windows' own license.
    Exit codes: 0 done; 2 no such switch, or nothing to do it on; 3 refused, or the count is short; 4 no answer;
    5 data that cannot be trusted.
    """
    if words and words[0].lower() in _HELP_WORDS:
        click.echo("\n".join(["tenure slmgr /SWITCH [PARAMETERS]", "", *usage()]))
        return ExitCode.DONE
    try:
        request = parse_words(words)
        reply = SWITCHES[request.switch.name](Call(request, home, catalog))
    except TenureError as error:
        reply = Reply([], {}, error)
    return _print(words, reply, as_json=as_json)


def _print(words: tuple[str, ...], reply: Reply, *, as_json: bool) -> int:
    error = reply.error
    if as_json:
        switch = words[0][:100].lower().replace("-", "/", 1) if words else None
        told = error_json(error) if error else {}
        if error is not None:
            told["error"]["hresult"] = hresult_of(error)
        print_json({"switch": switch, "message": reply.lines, **reply.facts, **told})
    else:
        for line in reply.lines:
            click.echo(line)
        for line in error_lines(error) if error else []:
            click.echo(line, err=True)
    return exit_code_of(error) if error else ExitCode.DONE


def _ipk(call: Call) -> Reply:
    installed = slmgr.install_key(call.home, call.request.arguments[0], catalog=call.catalog, warn=warn)
    what = "host key of " if installed.host_key else ""
    return Reply(
        [
            f"Installed product key {installed.shown} successfully.",
            f"It is the {what}{installed.product}. Next: tenure slmgr /ato"
            if installed.host_key
            else f"It is the key of {installed.product}.",
        ],
        {"product": installed.product, "host_key": installed.host_key},
    )


def _ato(call: Call) -> Reply:
    done = slmgr.activate(call.home, call.request.first, warn=warn, tell=tell)
    lines: list[str] = []
    failed: TenureError | None = None
    for one in done:
        lines.append(f"Activating {one.name} ({one.activation_id}) ...")
        if one.error is None:
            lines.append("Product activated successfully.")
            continue
        if failed is not None:
            # The first is told as the command's own error; these would be lost.
            lines += error_lines(one.error)
        failed = failed or one.error
    return Reply(lines, {"activations": activation_facts(done)}, failed)


def _dti(call: Call) -> Reply:
    told = slmgr_offline.installation_id(call.home, call.request.first, warn=warn)
    return Reply(
        [
            f"Installation ID of {', '.join(told.names)}:",
            *told.text.splitlines(),
            "Microsoft's has 63 digits; this one is longer, because it is signed. Carry it to the publisher, who answers with:",
            "  tenure publisher activate-request FILE",
            "Then: tenure slmgr /atp CONFIRMATION",
        ],
        {"names": told.names, "installation_id": told.text},
    )


def _atp(call: Call) -> Reply:
    confirmation, *wanted = call.request.arguments
    done = slmgr_offline.deposit(
        call.home, _confirmation(confirmation), wanted[0] if wanted else None, warn=warn
    )
    lines: list[str] = []
    failed: TenureError | None = None
    for one in done:
        if one.error is None:
            lines.append(f"Confirmation ID for {one.name} ({one.activation_id}) deposited successfully.")
            continue
        lines += error_lines(one.error) if failed is not None else []
        failed = failed or one.error
    return Reply(lines, {"activations": activation_facts(done)}, failed)


def _confirmation(typed: str) -> bytes:
    """What was given: a confirmation itself, in any of its forms, or where it is."""
    return typed.encode() if _CONFIRMATION.match(typed) else carried_here(typed)


def _dli(call: Call) -> Reply:
    told = licenses(call.given, call.request.first, warn=warn)
    return Reply(license_information(told, detailed=False), license_facts(told))


def _dlv(call: Call) -> Reply:
    told = licenses(call.given, call.request.first, warn=warn)
    return Reply(license_information(told, detailed=True), license_facts(told))


def _xpr(call: Call) -> Reply:
    told = licenses(call.given, call.request.first, warn=warn)
    return Reply(expiration(told), license_facts(told))


def _upk(call: Call) -> Reply:
    removed = slmgr.remove_key(call.home, call.request.first, warn=warn)
    return Reply(
        ["Uninstalled product key successfully.", f"{removed.product} is unlicensed on this machine."],
        {
            "product_id": removed.product_id,
            "lease_dropped": removed.had_lease,
            "grant_dropped": removed.had_grant,
        },
    )


def _cpky(_call: Call) -> Reply:
    return Reply(
        [
            "There is no registry to clear: a generic key is public, and only its owner may read the file of another.",
            "To remove a product's key: tenure slmgr /upk.",
        ]
    )


def _rearm(call: Call) -> Reply:
    done = lifecycle.rearm(call.home, warn=warn)
    return Reply(
        [
            "Command completed successfully.",
            f"The new Client Machine ID (CMID) is {done.machine_id}; {done.leases_dropped} lease(s) were dropped.",
            "No restart is needed, and no time is won: activate again with tenure slmgr /ato.",
        ],
        {"machine_id": done.machine_id, "leases_dropped": done.leases_dropped},
    )


def _skms(call: Call) -> Reply:
    typed = call.request.arguments[0]
    if typed.lower() == "auto":
        return _ckms(call)
    hosts = slmgr.set_host(call.home, typed, warn=warn)
    texts = [host.text for host in hosts]
    return Reply(
        [f"Key Management Service machine name set to {', '.join(texts)} successfully."], {"hosts": texts}
    )


def _ckms(call: Call) -> Reply:
    slmgr.clear_host(call.home, warn=warn)
    return Reply(
        [
            "Key Management Service machine name cleared successfully.",
            "Hosts are looked for in DNS from now on.",
        ],
        {"hosts": []},
    )


def _skms_domain(call: Call) -> Reply:
    domain, host = slmgr.set_domain(call.home, call.request.arguments[0])
    lines = [f"Key Management Service lookup domain set to {domain} successfully."]
    if host is not None:
        lines.append(f"Warning: /skms setting is in effect. {host.text} will be used for activation.")
    return Reply(lines, {"lookup_domain": domain})


def _ckms_domain(call: Call) -> Reply:
    slmgr.set_domain(call.home, "")
    return Reply(["Key Management Service lookup domain cleared successfully."], {"lookup_domain": None})


def _skhc(call: Call) -> Reply:
    slmgr.set_host_caching(call.home, on=True)
    return Reply(["KMS host caching is enabled."], {"host_caching": True})


def _ckhc(call: Call) -> Reply:
    slmgr.set_host_caching(call.home, on=False)
    return Reply(["KMS host caching is disabled."], {"host_caching": False})


def _act_type(call: Call) -> Reply:
    typed = call.request.first or ""
    kind = _ACTIVATION_TYPES.get(typed)
    if kind is None:
        what = {
            "1": "Activation through a directory is not built yet",
            "3": "There is no activation by token",
        }
        raise UsageError(
            Code.NOT_AVAILABLE if typed in what else Code.INVALID_ARGUMENT,
            f"{what.get(typed, f'{typed[:20]!r} is no activation type')}.",
            "Use /act-type 0 or 2: machines activate through a host (KMS).",
        )
    return Reply([f"Configured Activation Type: {kind}. Nothing else exists here, so nothing was changed."])


def _sai(call: Call) -> Reply:
    minutes = as_number(call.request)
    activated = slmgr.set_retry_interval(call.home, minutes)
    return _host_reply([f"Volume activation interval set to {minutes} minutes successfully."], activated)


def _sri(call: Call) -> Reply:
    minutes = as_number(call.request)
    activated = slmgr.set_renewal_interval(call.home, minutes)
    return _host_reply(
        [
            f"Volume renewal interval set to {minutes} minutes successfully.",
            "It acts on each machine with its next lease.",
        ],
        activated,
    )


def _sprt(call: Call) -> Reply:
    port = as_number(call.request)
    activated = slmgr.set_port(call.home, port)
    return _host_reply(
        [
            f"Key Management Service port set to {port} successfully.",
            "Warning: the host must be restarted for it: stop tenure host serve and start it again, without --port.",
        ],
        activated,
    )


def _sdns(call: Call) -> Reply:
    activated, known = slmgr.set_dns_publishing(call.home, on=True)
    lines = ["DNS publishing enabled."]
    if not known:
        lines.append(
            "Warning: what to publish is not set: "
            "tenure host publish-dns --zone ZONE --server ADDRESS --tsig-key FILE --save."
        )
    return _host_reply(lines, activated)


def _cdns(call: Call) -> Reply:
    activated, _ = slmgr.set_dns_publishing(call.home, on=False)
    return _host_reply(
        ["DNS publishing disabled.", "Records that are there stay: tenure host publish-dns --remove."],
        activated,
    )


def _priority(_call: Call) -> Reply:
    return Reply(
        [
            "Accepted, without effect: a Tenure host has no priority class.",
            "Set that of its service, such as Nice= in systemd.",
        ]
    )


def _host_reply(lines: list[str], activated: bool) -> Reply:  # noqa: FBT001 - what every host setting answers
    if not activated:
        lines = [*lines, "Warning: this machine is not an activated host: tenure slmgr /ato."]
    return Reply(lines, {"host_activated": activated})


SWITCHES: dict[str, Callable[[Call], Reply]] = {
    "ipk": _ipk,
    "ato": _ato,
    "dti": _dti,
    "atp": _atp,
    "dli": _dli,
    "dlv": _dlv,
    "xpr": _xpr,
    "upk": _upk,
    "cpky": _cpky,
    "rearm": _rearm,
    "skms": _skms,
    "ckms": _ckms,
    "skms-domain": _skms_domain,
    "ckms-domain": _ckms_domain,
    "skhc": _skhc,
    "ckhc": _ckhc,
    "act-type": _act_type,
    "sai": _sai,
    "sri": _sri,
    "sprt": _sprt,
    "sdns": _sdns,
    "cdns": _cdns,
    "spri": _priority,
    "cpri": _priority,
}
"""What carries out each switch that works."""
