"""Figures: pure functions from rows to a Plotly figure. Amounts become floats only here."""
