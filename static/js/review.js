/** The reviewer's form: what changed is marked as it is typed, drafts save themselves, the claim is kept alive, and
 *  everything works from the keyboard. The server decides and checks; without this file every button works by itself. */

import { announce } from "./announce.js";
import { isTouched } from "./touched.js";

const SAVE_AFTER = 1500;
const AGAIN_AFTER = 5000;
const KEPT = "review-draft:";
const ASK = { method: "POST", credentials: "same-origin", redirect: "manual", headers: { "HX-Request": "true" } };

const page = document.querySelector("[data-review]");
const form = page?.querySelector("form[data-answer]");
if (page) look(page);
if (form) work(form);

function look(page) {
  let at = -1;
  const marks = [...page.querySelectorAll("a.ev")];
  page.addEventListener("click", (event) => {
    const step = event.target.closest("[data-evidence]");
    if (step && marks.length) show((at + Number(step.dataset.evidence) + marks.length + (at < 0 && step.dataset.evidence < 0 ? 1 : 0)) % marks.length);
    const number = event.target.closest("a.evn");
    if (number) at = marks.findIndex((mark) => `#${mark.id}` === number.hash);
    const mark = event.target.closest("a.ev");
    if (mark) at = marks.indexOf(mark);
    if (number || mark) point(at);
    const way = event.target.closest("a[data-focus], a.ev");
    if (way && focusOn(way.hash)) event.preventDefault();
  });
  page.addEventListener("focusin", (event) => {
    const numbers = event.target.closest("[data-marks]")?.dataset.marks.split(" ") ?? [];
    const first = marks.findIndex((mark) => numbers.includes(mark.id.slice(2)));
    if (first >= 0) show((at = first));
  });

  function show(index) {
    at = index;
    point(at);
    marks[at].scrollIntoView({ block: "center" });
  }

  function point(index) {
    for (const mark of marks) mark.removeAttribute("aria-current");
    marks[index]?.setAttribute("aria-current", "true");
    const place = page.querySelector("[data-evidence-place]");
    if (place && index >= 0) place.textContent = `${index + 1} of ${marks.length} ${marks.length === 1 ? "mark" : "marks"}`;
  }
}

function focusOn(hash) {
  const control = document.getElementById(decodeURIComponent(hash.slice(1)));
  const target = control?.matches("fieldset, section") ? control.querySelector("input:not([type=hidden]), select, textarea") : control;
  if (!target || target.disabled || target.closest("fieldset[disabled]")) return false;
  target.focus();
  target.scrollIntoView({ block: "nearest" });
  return true;
}

function work(form) {
  const state = { form, timer: 0, saving: null, dirty: false, sending: false, lost: false };
  form.addEventListener("input", () => changed(state));
  form.addEventListener("change", () => changed(state));
  form.addEventListener("click", (event) => click(state, event));
  form.addEventListener("submit", () => (state.sending = true));
  window.addEventListener("pageshow", () => (state.sending = false));
  document.addEventListener("keydown", (event) => press(state, event));
  document.addEventListener("visibilitychange", () => document.hidden && state.dirty && save(state));
  window.addEventListener("beforeunload", (event) => state.dirty && !state.sending && event.preventDefault());
  document.querySelector("[data-opened]")?.showPopover();
  document.getElementById("errors")?.focus();
  if (form.dataset.heartbeat) beat(state);
  if (isTouched(form)) changed(state);
  else offerKept(state);
  mark(form);
}

// What changed --------------------------------------------------------------------------------------------------------

function changed(state) {
  state.dirty = true;
  mark(state.form);
  keep(state);
  clearTimeout(state.timer);
  state.timer = setTimeout(save, SAVE_AFTER, state);
}

function controls(form) {
  return [...form.querySelectorAll("[data-was]")];
}

function text(control) {
  return control.type === "checkbox" ? (control.checked ? "on" : "") : control.value;
}

function isChanged(control) {
  return text(control) !== control.dataset.was;
}

function mark(form) {
  const all = controls(form);
  for (const control of all) {
    const field = control.closest("[data-field]");
    if (!field) continue;
    field.classList.toggle("fld--changed", isChanged(control));
    field.querySelector("[data-was-words]")?.toggleAttribute("hidden", !isChanged(control));
    const words = field.querySelector(".was");
    if (words) words.textContent = say(control, control.dataset.was);
  }
  const edited = all.filter(isChanged);
  const number = edited.length + form.querySelectorAll(".rowset [value^='revert:'][data-rows-button]").length;
  const tag = form.querySelector("[data-changed]");
  tag.hidden = number === 0;
  tag.querySelector("[data-changed-words]").textContent = `${number} changed`;
  const accept = form.querySelector("[data-approve-words]");
  if (accept) accept.textContent = number ? `Approve with ${number} ${number === 1 ? "edit" : "edits"}` : "Approve";
  list(form, edited);
}

function list(form, edited) {
  const rows = edited.filter((control) => control.closest("[data-field]")).flatMap((control) => {
    const label = name(control);
    return [line("del", "−", label, say(control, control.dataset.was)), line("ins", "+", label, say(control, text(control)))];
  });
  const box = form.querySelector("[data-changes]");
  box.hidden = rows.length === 0;
  if (rows.length) box.open = true;
  box.querySelector("[data-changes-rows]").replaceChildren(...rows);
}

function line(kind, sign, label, words) {
  const row = document.createElement("tr");
  const [first, second, value] = ["td", "td", kind].map((tag) => document.createElement(tag));
  first.className = `sign ${kind}`;
  first.textContent = sign;
  second.className = kind;
  value.textContent = words;
  second.append(`${label}: `, value);
  row.append(first, second);
  return row;
}

function name(control) {
  const groups = [];
  for (let up = control.closest("fieldset.group"); up; up = up.parentElement.closest("fieldset.group")) {
    groups.unshift(up.querySelector("legend").firstChild.textContent.trim());
  }
  const field = control.closest("[data-field]").querySelector("label, .label");
  return [...groups, field.textContent.trim()].join(" › ");
}

function say(control, value) {
  if (control.type === "checkbox") return value ? "yes" : "no";
  if (control.matches("select")) return [...control.options].find((option) => option.value === value)?.text ?? "nothing";
  return value.trim() ? value.replaceAll("\n", ", ").slice(0, 200) : "nothing";
}

// Buttons and keys ----------------------------------------------------------------------------------------------------

function click(state, event) {
  const revert = event.target.closest("[data-revert]");
  if (revert) {
    event.preventDefault();
    const control = revert.closest("[data-field]").querySelector("[data-was]");
    if (control.type === "checkbox") control.checked = control.dataset.was !== "";
    else control.value = control.dataset.was;
    control.focus();
    announce("Reverted to the model’s value");
    return changed(state);
  }
  const rows = event.target.closest("[data-rows-button]");
  if (rows) {
    event.preventDefault();
    return changeRows(state, rows);
  }
  if (event.target.closest("[data-save]")) {
    event.preventDefault();
    state.dirty = true;
    return save(state);
  }
  if (event.target.closest("[data-next-doubtful]")) nextDoubtful(state.form);
}

/** Rows are added and removed by the server, which knows their fields; only the fields are replaced. */
async function changeRows(state, button) {
  const data = new FormData(state.form, button);
  button.setAttribute("aria-busy", "true");
  try {
    const response = await fetch(state.form.action, { ...ASK, body: data });
    if (response.type === "opaqueredirect") throw new Error("signed out");
    const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
    state.form.querySelector("#fields").replaceWith(fresh.querySelector("#fields"));
    const version = fresh.querySelector("[name=draft_version]");
    if (version) state.form.elements.draft_version.value = version.value;
    const list = document.getElementById(button.value.split(":")[1].replace(button.value.startsWith("remove") ? /\/\d+$/ : /$^/, ""));
    const controls = list?.querySelectorAll("textarea, select, input:not([type=hidden])") ?? [];
    (button.value.startsWith("add") ? list.querySelector(":scope > fieldset:last-of-type :is(textarea, select, input)") : controls[0] ?? list)?.focus();
    announce(button.value.startsWith("add") ? "Added" : button.value.startsWith("remove") ? "Removed" : "Reverted");
    mark(state.form);
  } catch {
    state.sending = true;
    state.form.requestSubmit(button);
  }
}

function nextDoubtful(form) {
  const all = [...form.querySelectorAll(".fld--low, .fld--changed")].filter((field) => field.querySelector(".m-wait") || field.matches(".fld--low"));
  const at = all.findIndex((field) => field.contains(document.activeElement));
  all[(at + 1) % all.length]?.querySelector("[data-was]")?.focus();
}

/** Ctrl and Enter sends what is open: the reason of a rejection, else the approval. Escape leaves a field, so that
 *  the single keys work again. */
function press({ form }, event) {
  if ((event.ctrlKey || event.metaKey) && event.key === "Enter") {
    const open = form.querySelector(".aside:popover-open");
    const button = open ? open.querySelector("[data-confirm]") : form.querySelector("[data-approve]");
    if (document.querySelector("dialog[open]") || !button) return;
    event.preventDefault();
    form.requestSubmit(button);
  } else if (event.key === "Escape" && !form.querySelector(".aside:popover-open") && form.contains(document.activeElement)) {
    document.activeElement.blur();
  }
}

// Drafts --------------------------------------------------------------------------------------------------------------

async function save(state) {
  clearTimeout(state.timer);
  if (state.saving || state.sending || !state.dirty) return;
  state.dirty = false;
  state.saving = post(state.form.dataset.draft, new FormData(state.form));
  const { status, body } = await state.saving;
  state.saving = null;
  if (status === 200) {
    state.form.elements.draft_version.value = body.version;
    told(state.form, `Draft saved ${body.saved_at.slice(11, 19)}`);
    if (state.dirty) state.timer = setTimeout(save, SAVE_AFTER, state); // changed while it was being saved
    else forget(state);
  } else if (status === 401) {
    trouble("You are signed out. What you write is kept in this browser; sign in again, and it is here.");
  } else if (status === 409 || status === 422) {
    trouble(body.message);
  } else {
    state.dirty = true;
    told(state.form, "Not saved: the server does not answer");
    state.timer = setTimeout(save, AGAIN_AFTER, state);
  }
}

function told(form, words) {
  const place = form.querySelector("[data-saved]");
  if (place) place.textContent = words;
}

/** 401 stands for a login that is over, 0 for no answer at all. */
async function post(address, body) {
  try {
    const response = await fetch(address, { ...ASK, body });
    if (response.type === "opaqueredirect") return { status: 401, body: {} };
    const isData = response.headers.get("content-type")?.includes("json");
    return { status: response.status, body: isData ? await response.json() : {} };
  } catch {
    return { status: 0, body: {} };
  }
}

function trouble(words) {
  const place = document.querySelector("[data-trouble]");
  place.querySelector("[data-trouble-words]").textContent = words;
  place.hidden = false;
}

/** A second net in this tab, for what the server has not got yet. */
function keep({ form }) {
  try {
    const entries = [...new FormData(form)].filter(([key]) => key === "comment" || key === "json" || key.startsWith("input/") || key.startsWith("origin/"));
    sessionStorage.setItem(KEPT + form.dataset.key, JSON.stringify({ author: form.elements.author.value, entries }));
  } catch {
    // refused or full: the server's draft is still there
  }
}

function forget({ form }) {
  try {
    sessionStorage.removeItem(KEPT + form.dataset.key);
  } catch {
    // nothing was kept then
  }
}

function offerKept(state) {
  let kept = null;
  try {
    kept = JSON.parse(sessionStorage.getItem(KEPT + state.form.dataset.key));
  } catch {
    return;
  }
  if (!kept || kept.author !== state.form.elements.author.value) return forget(state);
  const said = new Map(kept.entries);
  const fields = [...controls(state.form), state.form.elements.comment].filter((control) => control && (said.has(control.name) || control.type === "checkbox"));
  let restored = 0;
  for (const control of fields) {
    if (text(control) === (said.get(control.name) ?? "")) continue;
    if (control.type === "checkbox") control.checked = said.has(control.name);
    else control.value = said.get(control.name);
    restored += 1;
  }
  if (!restored) return forget(state);
  told(state.form, "Restored from this browser");
  announce("What you had written was restored");
  changed(state);
}

// The claim -----------------------------------------------------------------------------------------------------------

function beat(state) {
  const seconds = Math.max(2, Number(state.form.dataset.leaseSeconds) / 3);
  const next = () => setTimeout(tick, seconds * 1000);
  async function tick() {
    const data = new FormData();
    for (const name of ["token", "csrfmiddlewaretoken"]) data.set(name, state.form.elements[name].value);
    const { status, body } = await post(state.form.dataset.heartbeat, data);
    if (status === 409 || status === 404) {
      await save(state);
      return trouble(body.message ?? "This review is no longer there.");
    }
    if (status === 401) trouble("You are signed out. What you write is kept in this browser; sign in again, and it is here.");
    const place = document.querySelector("[data-lease]");
    if (status === 200 && place) place.textContent = `Yours until ${body.expires_at.slice(11, 16)}`;
    next();
  }
  next();
}
