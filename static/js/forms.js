/** Forms: the pressed button is busy until the answer comes, twice is once; `data-tidy` keeps what is empty out of
 *  the address; `data-autosubmit` sends when a choice is made. After "back" filters say what the page shows. */

const FILTERS = "form:is([role=search], [data-autosubmit])";

export function start() {
  document.addEventListener("submit", submit);
  document.addEventListener("change", (event) => {
    if (event.target.matches("form[data-autosubmit] :is(select, [type=checkbox], [type=radio])")) {
      event.target.form.requestSubmit();
    }
  });
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) restore();
    if (event.persisted || isReturn()) for (const form of document.querySelectorAll(FILTERS)) form.reset();
  });
}

function submit(event) {
  const form = event.target;
  if (event.defaultPrevented || form.method === "dialog" || form.matches("[hx-get], [hx-post]")) return;
  if (form.method === "get") return tidy(form);
  if (form.dataset.sent !== undefined) return event.preventDefault();
  form.dataset.sent = "";
  event.submitter?.setAttribute("aria-busy", "true");
}

function tidy(form) {
  if (!form.matches("[data-tidy]")) return;
  const empty = [...form.elements].filter((field) => field.name && field.value === "" && !field.disabled);
  for (const field of empty) field.disabled = true;
  setTimeout(() => empty.forEach((field) => (field.disabled = false)));
}

/** A browser fills in again what somebody had typed, though the address does not ask for it. */
function isReturn() {
  return performance.getEntriesByType("navigation")[0]?.type === "back_forward";
}

/** A page that comes back out of the browser's memory. */
function restore() {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
  for (const busy of document.querySelectorAll("[aria-busy=true]:is(button, a)")) busy.removeAttribute("aria-busy");
}
