"""The servers that other tests rely on are real, and survive what tests do to them."""

import os

import psycopg
import pytest
import redis

from tests import services
from tests.plugin import clean_environment
from tests.processes import run_python
from tests.services import PostgresServer, RedisServer, ServiceMissing, find_free_port


def ask_postgres(url: str, question: str) -> object:
    with psycopg.connect(url, connect_timeout=5) as connection:
        row = connection.execute(question).fetchone()
    assert row
    return row[0]


def test_a_new_postgres_database_answers_and_knows_the_case_of_all_letters(postgres_server: PostgresServer) -> None:
    assert ask_postgres(postgres_server.create_database(), "SELECT upper('ñandú é')") == "ÑANDÚ É"


def test_a_postgres_database_can_be_a_copy_of_another(postgres_server: PostgresServer) -> None:
    original = postgres_server.create_database()
    with psycopg.connect(original) as connection:
        connection.execute("CREATE TABLE facts AS SELECT 42 AS answer")
    copy = postgres_server.create_database(template=original.rpartition("/")[2])
    assert ask_postgres(copy, "SELECT answer FROM facts") == 42


@pytest.mark.parametrize("end", [PostgresServer.stop, PostgresServer.kill])
def test_postgres_comes_back_at_the_same_address_after_it_ended(postgres_server: PostgresServer, end: object) -> None:
    assert callable(end)
    end(postgres_server)
    with pytest.raises(psycopg.OperationalError):
        ask_postgres(postgres_server.url(), "SELECT 1")
    postgres_server.start()
    assert ask_postgres(postgres_server.url(), "SELECT 1") == 1


def test_a_paused_postgres_answers_nothing_until_it_is_resumed(postgres_server: PostgresServer) -> None:
    postgres_server.pause()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(postgres_server.url(), connect_timeout=2)
    postgres_server.resume()
    assert ask_postgres(postgres_server.url(), "SELECT 1") == 1


def test_redis_keeps_values_until_it_is_flushed(redis_server: RedisServer) -> None:
    with redis_server.client(db=1023) as client:
        client.set("key", "value")
        assert client.get("key") == "value"
        redis_server.flush()
        assert client.get("key") is None


@pytest.mark.parametrize("end", [RedisServer.stop, RedisServer.kill])
def test_redis_comes_back_empty_at_the_same_address_after_it_ended(redis_server: RedisServer, end: object) -> None:
    assert callable(end)
    with redis_server.client() as client:
        client.set("key", "value")
    end(redis_server)
    with redis_server.client() as client, pytest.raises(redis.ConnectionError):
        client.ping()
    redis_server.start()
    with redis_server.client() as client:
        assert client.get("key") is None


def test_a_paused_redis_answers_nothing_until_it_is_resumed(redis_server: RedisServer) -> None:
    redis_server.pause()
    with redis_server.client(seconds=0.2) as client, pytest.raises(redis.TimeoutError):
        client.ping()
    redis_server.resume()
    with redis_server.client() as client:
        assert client.ping()


def test_a_free_port_is_given_to_one_process_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Though nobody listens there yet, or at the moment."""
    first = 10_000 + os.getpid() % 3_000 * 3  # those of another run are others
    monkeypatch.setattr(services, "PORTS", range(first, first + 2))
    assert {find_free_port(), find_free_port()} == {first, first + 1}
    with pytest.raises(ServiceMissing):
        find_free_port()
    ports = f"services.PORTS = range({first}, {first + 3})"
    script = f"from tests import services; {ports}; print(services.find_free_port())"
    assert run_python("-c", script, env=clean_environment()).stdout == f"{first + 2}\n"
