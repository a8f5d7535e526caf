"""Simulated worlds with known true links, written as exchange folders."""
