"""Questions before what cannot be undone: a page, or a dialog's fragment."""

from django.test import Client


def test_the_question_is_a_page(as_mira: Client) -> None:
    html = as_mira.get("/testing/ask/").content.decode()
    assert 'action="/testing/ask/"' in html
    assert '<li><a href="/runs/">Runs</a></li><li><a href="/runs/1/">One</a></li>' in html
    assert "<h1>Cancel it?</h1>" in html
    assert "<h2" not in html.partition("<main")[2].partition("</main>")[0]
    assert "Cancel the run" in html
    assert 'class="sidebar"' in html


def test_the_question_is_a_fragment_for_a_dialog(as_mira: Client) -> None:
    answer = as_mira.get("/testing/ask/", headers={"HX-Request": "true"})
    html = answer.content.decode()
    assert 'id="dialog-title"' in html
    assert "csrfmiddlewaretoken" in html
    assert "<html" not in html
    assert "HX-Request" in answer["Vary"]


def test_doing_it_leads_on_with_a_message(as_mira: Client) -> None:
    html = as_mira.post("/testing/ask/", follow=True).content.decode()
    assert 'data-toast="success"' in html
    assert "It &lt;is&gt; cancelled." in html
