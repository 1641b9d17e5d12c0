/** The theme changes at once; the same form tells the server, whose next page starts with it. */

export function start() {
  const form = document.querySelector("[data-theme-form]");
  form?.addEventListener("submit", (event) => {
    event.preventDefault();
    choose(form, event.submitter);
  });
}

async function choose(form, button) {
  const root = document.documentElement;
  if (button.value === "system") delete root.dataset.theme;
  else root.dataset.theme = button.value;
  for (const other of form.querySelectorAll("[aria-pressed]")) {
    other.setAttribute("aria-pressed", String(other === button));
  }
  form.hidePopover();
  delete form.dataset.sent;
  const body = new FormData(form, button);
  await fetch(form.action, { method: "POST", body, headers: { "HX-Request": "true" } }).catch(() => {
    // the choice holds for this page
  });
}
