"""Errors: whose fault it is, a code that never changes, and a sentence that helps."""

from __future__ import annotations

from dataclasses import fields
from typing import Final

import pytest

from tenure.core.errors import (
    HRESULTS,
    Code,
    LocalFault,
    Refused,
    TenureError,
    Unavailable,
    Untrusted,
    UsageError,
)

BRANCHES: Final = [UsageError, Refused, Unavailable, Untrusted, LocalFault]

# Codes stand in problem documents, logs and other people's scripts: none may ever leave this list.
PUBLISHED: Final = """
    invalid_request too_large not_found machine_blocked not_allowed_from_here clock_skew product_not_served
    rate_limited count_insufficient host_not_activated host_certificate_expired host_revoked host_clock
    storage_unavailable overloaded internal
    key_unknown key_blocked key_limit key_type request_changed request_expired publisher_mismatch
    product_key_malformed policy_out_of_bounds catalog_invalid invalid_argument not_set_up set_up_already
    product_unknown product_taken foreign_key trial_only foreign_service activation_unknown
    host_unreachable publisher_unreachable os_id_missing
    document_malformed signature_invalid chain_broken catalog_rolled_back certificate_invalid lease_invalid
    host_superseded state_damaged grant_invalid
    host_superseded grant_revoked revocation_rolled_back revocation_stale state_damaged
    address_in_use home_in_use home_unusable
    dns_update_failed dns_key_rejected
    tls_required tls_untrusted tls_files_unusable
    unauthorized forbidden_role insecure_connection token_unknown
    backup_invalid
"""


def test_every_error_is_on_one_of_five_branches() -> None:
    """The tree is the one drawn in the module: five kinds of fault, directly under one root."""
    assert TenureError.__subclasses__() == BRANCHES
    assert TenureError.__bases__ == (Exception,)


def test_codes_are_append_only() -> None:
    """Every code that was ever published is still there."""
    assert {code.value for code in Code} >= set(PUBLISHED.split())


@pytest.mark.parametrize("code", Code, ids=str)
def test_a_codes_value_is_its_name(code: Code) -> None:
    """What a program reads in JSON is what the source says, in lower case."""
    assert code.value == code.name.lower()


def test_hresults_are_those_that_administrators_know() -> None:
    """Where Microsoft's volume activation has the same refusal, its number stands beside the code."""
    assert {code.value: hresult for code, hresult in HRESULTS.items()} == {
        "clock_skew": "0xC004F06C",
        "product_not_served": "0xC004F042",
        "count_insufficient": "0xC004F038",
        "host_not_activated": "0xC004F041",
        "host_unreachable": "0xC004F074",
        "key_blocked": "0xC004C003",
        "key_type": "0xC004F050",
        "product_key_malformed": "0xC004F050",
    }


@pytest.mark.parametrize("branch", BRANCHES)
@pytest.mark.parametrize("code", Code, ids=str)
def test_an_error_fills_in_the_hresult_of_its_code(branch: type[TenureError], code: Code) -> None:
    """On every branch a code brings its HRESULT, and one without brings none."""
    assert branch(code, "So it is.").hresult == HRESULTS.get(code)


@pytest.mark.parametrize(
    ("code", "hresult"),
    [(Code.KEY_LIMIT, "0xC004C008"), (Code.KEY_LIMIT, "0xC004C020"), (Code.CLOCK_SKEW, "0xC004FFFF")],
    ids=["host key", "MAK", "instead of the usual one"],
)
def test_a_given_hresult_stands(code: Code, hresult: str) -> None:
    """Whoever raises the error knows better: `key_limit` has one HRESULT for host keys and one for MAKs."""
    assert Refused(code, "So it is.", hresult=hresult).hresult == hresult


def test_an_errors_text_says_what_is_wrong_and_what_to_do() -> None:
    """`str` is detail and cure in one line; without a cure it is the detail alone."""
    assert str(Refused(Code.NOT_FOUND, "It is gone.", "Look elsewhere.")) == "It is gone. Look elsewhere."
    assert str(Refused(Code.NOT_FOUND, "It is gone.")) == "It is gone."


def test_an_error_carries_no_status_and_no_exit_code() -> None:
    """What HTTP and the shell make of a code stands in one table each."""
    assert [field.name for field in fields(TenureError)] == [
        "code",
        "detail",
        "cure",
        "hresult",
        "retry_after",
    ]


@pytest.mark.parametrize("branch", BRANCHES)
def test_an_error_is_raised_and_caught_by_fault_or_by_root(branch: type[TenureError]) -> None:
    """A caller may catch one branch or all of them, and finds code and detail on what it caught."""
    error = branch(Code.INTERNAL, "So it is.")
    for wanted in (branch, TenureError):
        with pytest.raises(wanted) as caught:
            raise error
        assert caught.value is error
        assert (caught.value.code, caught.value.args) == (Code.INTERNAL, ("So it is.",))


def test_two_errors_are_never_equal() -> None:
    """An error is an event: it equals itself alone, and can stand in a set."""
    one, other = Refused(Code.INTERNAL, "So it is."), Refused(Code.INTERNAL, "So it is.")
    assert one != other
    assert len({one, other}) == 2
