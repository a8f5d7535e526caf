"""The committed macro of raw tables is the one the declarations give."""

from pipelines import declared


def test_the_committed_macro_equals_the_generated_one() -> None:
    assert declared.FILE.read_text() == declared.macro(), "run `python -m pipelines.declared`"
