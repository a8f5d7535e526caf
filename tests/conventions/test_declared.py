"""What is written twice because dbt cannot read Python or staging a seed is the same twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.declared import GENERATED


@pytest.mark.parametrize("file", GENERATED, ids=lambda file: file.stem)
def test_the_committed_macro_equals_the_generated_one(file: Path) -> None:
    assert file.read_text() == GENERATED[file](), "run `python -m pipelines.declared`"
