"""What stands around every page: whose data it is, how new, and what to do when there is none."""

from __future__ import annotations

import re
from collections.abc import Callable

import streamlit as st

from dashboard import warehouse
from dashboard.format import moment
from dashboard.markup import STYLE, text
from pipelines.errors import CounterfoilError

POLL_SECONDS = 5


def show(page: Callable[[], None]) -> None:
    """Draw the head of a page and the page; without something to show, say why and what to do."""
    st.html(STYLE)
    _watch(_pointer())
    try:
        if _head():
            page()
    except CounterfoilError as error:
        told, _, remedy = str(error).rpartition(": ")
        _state("This cannot be shown", told or remedy, remedy if told else "")


def _head() -> bool:
    """Whose data this is and of when. False if nothing is published."""
    home = warehouse.home()
    if home.kind == "demo":
        st.html(
            '<div class="cf-demo" role="note"><b>Demo data.</b> '
            "A simulated provider: no one here exists and no money moved.</div>"
        )
    published = warehouse.published(home)
    if published is None:
        _state(
            "Nothing is published yet",
            f"The home {home.path} has no finished run. When one is published, it shows here.",
            "run `counterfoil run`",
        )
        return False
    st.html(
        f'<div class="cf-run">Published {text(moment(published.published_at))} '
        f"· run {text(published.run_id)}</div>"
    )
    return True


def _state(title: str, told: str, remedy: str) -> None:
    commands = re.sub("`(.+?)`", r"<code>\1</code>", text(remedy))
    st.html(
        f'<div class="cf-state" role="status"><h3>{text(title)}</h3><p>{text(told)}</p>'
        + (f"<p><b>What to do:</b> {commands}</p>" if remedy else "")
        + "</div>"
    )


def _pointer() -> str:
    """What is there to show, in a word that changes when it does."""
    try:
        published = warehouse.published(warehouse.home())
    except CounterfoilError as error:
        return str(error)
    return f"{published.file} {published.published_at}" if published else ""


@st.fragment(run_every=POLL_SECONDS)
def _watch(drawn: str) -> None:
    """Look at the pointer now and then; draw the page anew when it has moved."""
    if _pointer() != drawn:
        st.rerun()
