"""The answers to pages that follow what they show."""

from django.test import Client


def test_nothing_new_is_an_empty_answer(client: Client) -> None:
    answer = client.get("/testing/follow/", {"version": "7"})
    assert (answer.status_code, answer.content) == (204, b"")


def test_another_version_is_answered_with_the_part(client: Client) -> None:
    answer = client.get("/testing/follow/", {"version": "6"})
    assert answer.content == b"<section id=x>new</section>"
    assert answer["Cache-Control"] == "no-store"
    assert "Live-Final" not in answer


def test_a_page_that_names_no_version_gets_the_part(client: Client) -> None:
    assert client.get("/testing/follow/").status_code == 200


def test_the_last_version_says_so_even_to_who_has_it(client: Client) -> None:
    answer = client.get("/testing/follow/", {"version": "7", "final": ""})
    assert (answer.status_code, answer["Live-Final"]) == (200, "true")
