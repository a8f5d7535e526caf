"""The macro that tells one slip of the pen, against the distance that it spares."""

from __future__ import annotations

from itertools import product

import duckdb

from pipelines.settings import PROJECT

MACRO = PROJECT / "macros/matching/one_slip.sql"


def test_a_cheap_look_at_a_slip_says_what_the_distance_says() -> None:
    source = MACRO.read_text(encoding="utf-8")
    body = source.partition("(one, other) -%}")[2].partition("{%- endmacro")[0]
    one_slip = body.replace("{{ one }}", "one").replace("{{ other }}", "other")
    words = ["".join(letters) for size in range(1, 7) for letters in product("AB", repeat=size)]
    with duckdb.connect() as connection:
        connection.execute("create table words as select unnest($1) as word", [words])
        said, differing = connection.execute(
            f"""
            select
                count(*) filter (where damerau_levenshtein(one, other) = 1),
                count(*) filter (where ({one_slip}) <> (damerau_levenshtein(one, other) = 1))
            from (select left_words.word as one, right_words.word as other
                from words as left_words cross join words as right_words)
            """
        ).fetchall()[0]
    assert said > 1000
    assert differing == 0
