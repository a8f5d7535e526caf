"""Figures: pure functions from rows to a Plotly figure. Amounts become floats only here."""

import importlib

# Plotly takes pandas as it finds it, even when another session is only halfway through importing.
importlib.import_module("pandas")
