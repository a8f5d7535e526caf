"""What those who live in a plain group do, as shares; a harder one moves some of them."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, kw_only=True, slots=True)
class Habits:
    """Shares from 0 to 1."""

    # Who pays. An unknown relative pays under a name that the books never learn, and a second one
    # takes over at some date. A shared name is that of the resident before.
    payer_relative: float = 0.18
    payer_organisation: float = 0.05
    care_agency: float = 0.065
    care_insurer: float = 0.07
    relative_unknown: float = 0.10
    relative_second: float = 0.08
    shared_name: float = 0.02

    # Hands that write numbers, what becomes of these, and ids that books and bank share.
    writes_always: float = 0.40
    writes_sometimes: float = 0.16
    clerk_copies: float = 0.92
    clerk_looks_up: float = 0.06
    number_typo: float = 0.022
    name_typo: float = 0.025
    id_shared: float = 0.08
    # Of relatives who write no number.
    says_for_whom: float = 0.4
    # Of odd sums and of several bills at once.
    odd_unnamed: float = 0.06

    # Private hands whose money the books never hear of, those of them that write numbers all the
    # same, and those of them that the bank prints without a name.
    unrecorded: float = 0.41
    unrecorded_writes: float = 0.4
    unrecorded_once: float = 0.003
    nameless: float = 0.035

    # What goes otherwise. Only bills of hands that always write numbers are never paid.
    never_paid: float = 0.025
    returned: float = 0.011
    twice: float = 0.008
    short: float = 0.007
    over: float = 0.004
    instalments: float = 0.006
    ahead: float = 0.006
    late: float = 0.015
    # Of those who move out.
    leaves_owing: float = 0.12
    # Hands that always pay a month's bills at once; months of others that do; two months at once.
    bundles: float = 0.03
    several: float = 0.03
    two_months: float = 0.008
    # Bills that were issued once in error before.
    void: float = 0.006
    credit: float = 0.012
    credit_netted: float = 0.25
    credit_refunded: float = 0.15
    # Months of an account with money for which nothing was billed.
    stranger: float = 0.08

    # Cheques that come alone, slips that a deposit shows, and books that keep these as payouts.
    cheque_single: float = 0.42
    slip: float = 0.74
    slip_as_payout: float = 0.85
    slip_unreadable: float = 0.03

    # How agencies and organisations say what a list pays.
    list_remittance: float = 0.62
    list_memo: float = 0.30
    list_own_numbers: float = 0.02


ORDINARY = Habits()
HARDER = replace(
    ORDINARY,
    payer_relative=0.26,
    relative_unknown=0.24,
    writes_always=0.30,
    clerk_looks_up=0.05,
    number_typo=0.045,
    name_typo=0.06,
    id_shared=0.07,
    nameless=0.06,
    returned=0.016,
    twice=0.012,
)
