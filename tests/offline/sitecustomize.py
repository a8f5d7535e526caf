"""Refuses every connection that would leave this machine, in the tests and in what they start.

An audit hook sees each call of Python's sockets, whoever makes it. tests/conftest.py installs it in
pytest and puts this folder on PYTHONPATH, where a child's interpreter finds it by its file name.
"""

import ipaddress
import socket
import sys
from typing import Any

LOCAL_NAMES = {"", "localhost", "localhost.localdomain", socket.gethostname()}

refused: list[str] = []  # what was tried, also where the error was swallowed


class Refused(OSError):
    """Something in a test wanted to speak to another machine."""


def is_local(host: object) -> bool:
    """Whether a host of a socket call, as text or bytes, is this machine."""
    name = host.decode() if isinstance(host, bytes) else str(host or "")
    if name in LOCAL_NAMES:
        return True
    try:
        address = ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def watch(event: str, arguments: tuple[Any, ...]) -> None:
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        address = arguments[1]
        if not isinstance(address, tuple) or is_local(address[0]):
            return
        wanted = f"{address[0]} port {address[1]}"
    elif event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"):
        if is_local(arguments[0]):
            return
        wanted = str(arguments[0])
    else:
        return
    refused.append(wanted)
    raise Refused(f"the tests speak to this machine alone, and something wanted {wanted}")


sys.addaudithook(watch)
