"""Homes, connections and keys."""

import json
import stat

import pytest
from cryptography.fernet import Fernet

from pipelines import settings
from pipelines.errors import ConfigurationError
from pipelines.settings import Home


@pytest.fixture(autouse=True)
def no_keys_from_outside(monkeypatch, tmp_path):
    for name in ("COUNTERFOIL_KEY", "COUNTERFOIL_HOME", "COUNTERFOIL_AS_OF"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COUNTERFOIL_KEY_FILE", str(tmp_path / "keys"))


@pytest.fixture
def home(tmp_path):
    return Home.open(tmp_path / "home", "demo")


def connected(home, text):
    home.connections_file.write_text(text)
    return home


SANDBOX = """
[connections.stripe_main]
platform = "stripe"
base_url = "http://127.0.0.1:8700/stripe/v1/"

[connections.books]
platform = "exchange"
companies = ["a", "b"]
options.folder = "/srv/exchange"
"""


def test_a_home_is_of_one_kind_for_ever(home):
    assert Home.open(home.path) == home
    with pytest.raises(ConfigurationError, match="is a demo home for ever and cannot serve as liv"):
        Home.open(home.path, "live")


def test_no_home_is_made_unless_asked_for(tmp_path):
    with pytest.raises(ConfigurationError, match="no home at .*: run `counterfoil demo`"):
        Home.open(tmp_path / "nowhere")
    assert not (tmp_path / "nowhere").exists()


def test_an_unknown_kind_is_refused(home):
    facts = json.loads((home.path / "home.json").read_text()) | {"kind": "play"}
    (home.path / "home.json").write_text(json.dumps(facts))
    with pytest.raises(ConfigurationError, match="kind is 'play'; known: demo, live"):
        Home.open(home.path)


def test_folders_are_for_the_owner_alone(home):
    for path in (home.path, home.published, home.history, home.originals, home.dlt):
        assert stat.S_IMODE(path.stat().st_mode) == 0o700
    assert stat.S_IMODE((home.path / "home.json").stat().st_mode) == 0o600


def test_the_environment_names_the_home(home, monkeypatch):
    monkeypatch.setenv("COUNTERFOIL_HOME", str(home.path))
    assert settings.home() == home


def test_connections_are_read_in_the_order_of_their_ids(home):
    books, stripe = settings.load_connections(connected(home, SANDBOX))
    assert (books.connection_id, books.companies) == ("books", ("a", "b"))
    assert books.options == {"folder": "/srv/exchange"}
    assert (stripe.connection_id, stripe.companies) == ("stripe_main", ("default",))


def test_a_demo_home_refuses_real_hosts_and_a_live_home_the_sandbox(home, tmp_path):
    real = '[connections.a]\nplatform = "stripe"\n'
    with pytest.raises(ConfigurationError, match="the real platform, and a demo home reads the sa"):
        settings.load_connections(connected(home, real))
    live = Home.open(tmp_path / "live", "live")
    assert settings.load_connections(connected(live, real))
    with pytest.raises(ConfigurationError, match="'stripe_main' points at the sandbox"):
        settings.load_connections(connected(live, SANDBOX))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("connections = [", "not TOML"),
        ("[connections.a]\nbase_url = 'x'", "connection 'a': no platform; known: platform"),
        ("[connections.a]\nplatform = 'x'\nurl = 'y'", "connection 'a': unknown setting 'url'"),
    ],
)
def test_what_is_wrong_in_connections_is_said(home, text, message):
    with pytest.raises(ConfigurationError, match=message):
        settings.load_connections(connected(home, text))


def test_a_map_names_known_connections_and_all_its_columns(home):
    row = 'connection_id = "books"\ncompany_code = "*"\nentity = "*"\n'
    connected(home, SANDBOX + "[[entity_map]]\n" + row)
    assert settings.load_entity_map(home) == (
        {"connection_id": "books", "company_code": "*", "entity": "*"},
    )
    connected(home, SANDBOX + "[[entity_map]]\n" + row.replace("books", "cooks"))
    with pytest.raises(ConfigurationError, match="no connection 'cooks'; known: books, stripe_mai"):
        settings.load_entity_map(home)
    connected(home, SANDBOX + "[[bank_account_map]]\n" + row)
    with pytest.raises(ConfigurationError, match="needs connection_id, source_account, account_id"):
        settings.load_bank_account_map(home)


def test_the_first_secret_makes_a_key_file_for_the_owner_alone(home, tmp_path):
    sealed = settings.cipher(home).encrypt(b"secret")
    assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o600
    assert settings.cipher(home).decrypt(sealed) == b"secret"


def test_a_key_file_others_can_read_is_refused(home, tmp_path):
    settings.cipher(home)
    (tmp_path / "keys").chmod(0o640)
    with pytest.raises(ConfigurationError, match="can be read by others: run `chmod 600"):
        settings.cipher(home)


def test_a_key_file_inside_the_home_is_refused(home, monkeypatch):
    monkeypatch.setenv("COUNTERFOIL_KEY_FILE", str(home.path / "keys"))
    with pytest.raises(ConfigurationError, match="lies inside the home it guards"):
        settings.cipher(home)


def test_a_lost_key_is_not_replaced_by_a_new_one(home, tmp_path):
    settings.cipher(home)
    (tmp_path / "keys").unlink()
    with pytest.raises(ConfigurationError, match="no key for .*: set COUNTERFOIL_KEY or put"):
        settings.cipher(home)
    assert not (tmp_path / "keys").exists()


def test_the_wrong_key_is_refused(home, monkeypatch):
    settings.cipher(home)
    monkeypatch.setenv("COUNTERFOIL_KEY", Fernet.generate_key().decode())
    with pytest.raises(ConfigurationError, match="none of the 1 keys opens"):
        settings.cipher(home)
    monkeypatch.setenv("COUNTERFOIL_KEY", "not a key")
    with pytest.raises(ConfigurationError, match="COUNTERFOIL_KEY: a key is not 32 bytes"):
        settings.cipher(home)


def test_account_numbers_hash_alike_after_a_key_is_rotated(home, monkeypatch):
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    monkeypatch.setenv("COUNTERFOIL_KEY", old)
    before = settings.account_number_hash(home, "000123")
    monkeypatch.setenv("COUNTERFOIL_KEY", f"{new},{old}")
    assert settings.account_number_hash(home, "000123") == before
    assert len(before) == 64 and "000123" not in before


def test_two_homes_hash_one_account_number_differently(home, tmp_path):
    other = Home.open(tmp_path / "other", "demo")
    assert settings.account_number_hash(home, "1") != settings.account_number_hash(other, "1")


def test_ages_are_counted_to_the_day_told_and_else_to_the_end_of_the_demo(home, monkeypatch):
    connected(home, 'as_of_date = "2026-10-31"\n')
    assert settings.as_of_date(home).isoformat() == "2026-10-31"
    with settings.environment(COUNTERFOIL_AS_OF="2026-02-02"):
        assert settings.as_of_date(home).isoformat() == "2026-02-02"
    assert settings.as_of_date(home).isoformat() == "2026-10-31"
    monkeypatch.setenv("COUNTERFOIL_AS_OF", "22.11.2026")
    with pytest.raises(
        ConfigurationError, match="the day '22.11.2026' is none: give it as YYYY-MM"
    ):
        settings.as_of_date(home)


def test_connections_that_could_not_be_read_back_are_not_saved(home):
    connected(home, SANDBOX)
    with pytest.raises(ConfigurationError, match="no connection 'b'"):
        settings.save_connections(
            home, {"entity_map": [{"connection_id": "b", "company_code": "*", "entity": "e"}]}
        )
    assert home.connections_file.read_text() == SANDBOX
