"""Elements that change in place (`morph.js`) and times that stay current (`times.js`)."""

from datetime import UTC, datetime, timedelta

from playwright.sync_api import expect

from tests.browser.scripts.site import Show
from web.quantities import relative

# Two random lists, again and again: one is made like the other and then compared with it.
RANDOM_LISTS = """async () => {
  const { morph } = await import("/static/js/morph.js");
  let seed = 7;
  const any = (n) => (seed = (seed * 48271) % 2147483647) % n;
  const key = (text) => text.match(/data-key="(.*?)"/)?.[1];
  const isFirst = (child, at, all) => !key(child) || all.findIndex((other) => key(other) === key(child)) === at;
  const child = () => {
    const id = any(9);
    const row = `<li data-key="${id}${any(2) ? "" : "x"}" class="c${any(3)}">${id}<b>${any(3)}</b></li>`;
    return [row, `text ${id}`, `<p title="${id}">${id}</p>`, `<!-- ${id} -->`][any(4)];
  };
  const make = () => `<ul>${Array.from({ length: any(7) }, child).filter(isFirst).join("")}</ul>`;
  const element = (html) => Object.assign(document.createElement("template"), { innerHTML: html }).content.firstChild;
  for (let round = 0; round < 2000; round++) {
    const [before, after] = [make(), make()];
    const old = element(before);
    document.body.append(old);
    const result = morph(old, element(after));
    const is = result.outerHTML;
    result.remove();
    if (is !== element(after).outerHTML) return [before, after, is];
  }
}"""


def test_a_fresh_element_leaves_nothing_of_the_old_one(show: Show) -> None:
    """Whatever is added, removed, renamed or moved."""
    assert show("").evaluate(RANDOM_LISTS) is None


def test_scripts_and_templates_say_times_alike(show: Show) -> None:
    now = datetime.now(UTC)
    seconds = [0, 1, 59.9, 60, 3599, 3600, 3660, 35999, 36000, 172799, 172800, 10**8, 10**9, -1, -59, -3600, -20520]
    seconds += [n * 7919.3 for n in range(-40, 40)]
    page = show("")
    told = page.evaluate(
        'async (all) => { const t = await import("/static/js/times.js"); return all.map(t.relative); }', seconds
    )
    assert told == [relative(now - timedelta(seconds=n), now) for n in seconds]


def test_relative_times_stay_current(show: Show) -> None:
    at = datetime.now(UTC).isoformat()
    page = show(f'<time datetime="{at}" data-ago>0 s ago</time>')
    page.clock.run_for(125_000)
    expect(page.locator("time")).to_have_text("2\u00a0min ago")
