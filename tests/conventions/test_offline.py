"""The tests speak to this machine alone."""

import asyncio
import socket
import subprocess
import sys
from collections.abc import Callable

import pytest
import requests

ELSEWHERE = "192.0.2.1"  # reserved for documentation by RFC 5737: nobody's


def connect() -> None:
    socket.create_connection((ELSEWHERE, 443), timeout=1)


def connect_and_get_a_number() -> None:
    with socket.socket() as opened:
        opened.connect_ex((ELSEWHERE, 443))


def send_a_datagram() -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as opened:
        opened.sendto(b"", (ELSEWHERE, 53))


def look_a_name_up() -> None:
    socket.getaddrinfo("counterfoil.invalid", 443)


def ask_by_http() -> None:
    requests.get(f"http://{ELSEWHERE}/", timeout=1)


def connect_asynchronously() -> None:
    asyncio.run(asyncio.wait_for(asyncio.open_connection(ELSEWHERE, 443), 1))


WAYS = [
    connect,
    connect_and_get_a_number,
    send_a_datagram,
    look_a_name_up,
    ask_by_http,
    connect_asynchronously,
]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_no_way_leads_to_another_machine(way: Callable[[], None], refused: list[str]) -> None:
    with pytest.raises(OSError, match="speak to this machine alone"):
        way()

    assert len(refused) >= 1
    refused.clear()


def test_a_refusal_somebody_swallowed_is_remembered(refused: list[str]) -> None:
    try:
        connect()
    except OSError:
        pass

    assert refused == [ELSEWHERE]
    refused.clear()


def test_what_a_test_starts_is_bound_too() -> None:
    code = f"import socket; socket.create_connection(('{ELSEWHERE}', 443), timeout=1)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)

    assert ran.returncode == 1
    assert "speak to this machine alone" in ran.stderr


def test_this_machine_can_be_spoken_to() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        socket.create_connection(("localhost", listening.getsockname()[1]), timeout=5).close()
