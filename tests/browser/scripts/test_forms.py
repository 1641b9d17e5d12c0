"""Selection, forms, dialogs, copying and toasts."""

from playwright.sync_api import expect

from tests.browser.scripts.site import Show, Site, make_table


def test_selected_rows_show_the_bar_with_their_number(show: Show) -> None:
    page = show(make_table())
    expect(page.locator("[data-bulk]")).to_be_hidden()
    page.check("#box0")
    page.click("#box2", modifiers=["Shift"])
    expect(page.locator("[data-bulk-count]")).to_have_text("3 selected")
    assert page.evaluate("document.querySelector('[data-select-all]').indeterminate")
    page.check("[data-select-all]")
    expect(page.locator("[data-bulk-count]")).to_have_text("4 selected")
    expect(page.locator("tr[aria-selected=true]")).to_have_count(4)
    page.click("[data-select-none]")
    expect(page.locator("[data-bulk]")).to_be_hidden()


def test_a_second_press_is_refused_and_the_button_is_busy(show: Show) -> None:
    page = show('<form method="post" action="/done/" target="elsewhere"><button>Send</button></form>')
    pressed = page.evaluate(
        """() => { const b = document.querySelector("form button");
          const press = () => { const e = new SubmitEvent("submit", { submitter: b, bubbles: true, cancelable: true });
            return document.forms[0].dispatchEvent(e); };
          return [press(), press(), b.getAttribute("aria-busy")]; }"""
    )
    assert pressed == [True, False, "true"]


def test_empty_filters_stay_out_of_the_address(show: Show) -> None:
    page = show(
        '<form action="/list/" data-tidy data-autosubmit><input name="q"><select name="s"><option><option>a</select>'
    )
    page.select_option("select", "a")
    page.wait_for_url("**/list/?s=a")


def test_a_link_to_a_question_opens_it_in_a_dialog(show: Show, site: Site) -> None:
    site.answers = [{"body": '<form><h2 id="dialog-title">Cancel it?</h2><a href="/" data-close>Back</a></form>'}]
    page = show('<a href="/part/cancel/" data-dialog id="ask">Cancel</a>')
    page.click("#ask")
    expect(page.locator("#dialog")).to_contain_text("Cancel it?")
    page.click("text=Back")
    expect(page.locator("#dialog")).to_be_hidden()
    expect(page.locator("#ask")).to_be_focused()


def test_a_question_that_cannot_be_fetched_is_opened_as_a_page(show: Show, site: Site) -> None:
    site.answers = [{"status": 500}, {"body": "the page"}]
    page = show('<a href="/part/cancel/" data-dialog id="ask">Cancel</a>')
    page.click("#ask")
    expect(page.locator("body")).to_have_text("the page")


def test_copying_says_whether_it_worked(show: Show) -> None:
    page = show('<button data-copy="7f3c">Copy</button>')
    page.evaluate("navigator.clipboard ?? Object.defineProperty(navigator, 'clipboard', { value: {} })")
    page.evaluate("void (navigator.clipboard.writeText = async (text) => { window.copied = text; })")
    page.click("button[data-copy]")
    expect(page.locator("[data-announcer]")).to_have_text("Copied")
    assert page.evaluate("window.copied") == "7f3c"
    page.evaluate("void (navigator.clipboard.writeText = async () => { throw new Error(); })")
    page.click("button[data-copy]")
    expect(page.locator("[data-announcer]")).to_have_text("Copying was refused by the browser")


def test_toasts_leave_but_errors_stay_and_all_are_read_out(show: Show) -> None:
    toast = '<div data-toast="{0}"><span data-said>It is {0}</span><button data-dismiss>x</button></div>'
    page = show(toast.format("success") + toast.format("error"))
    expect(page.locator("[data-announcer]")).to_have_text("It is success. It is error")
    page.clock.run_for(9_000)
    expect(page.locator("[data-toast]")).to_have_count(1)
    page.click("[data-dismiss]")
    expect(page.locator("[data-toast]")).to_have_count(0)


def test_a_request_of_htmx_that_fails_is_told(show: Show) -> None:
    template = '<template><div data-toast="error"><b data-said></b><button data-dismiss>x</button></div></template>'
    page = show(f'<section id="toasts">{template}</section>')
    page.evaluate(
        "document.body.dispatchEvent(new CustomEvent('htmx:responseError',"
        " { bubbles: true, detail: { xhr: { status: 404 } } }))"
    )
    expect(page.locator("[data-said]")).to_have_text("That did not work: it is no longer there.")
    page.click("[data-dismiss]")
    expect(page.locator("[data-said]")).to_have_count(0)
