/** The editor of definitions. The server checks (htmx sends the text while somebody types); this keeps the gutter in
 *  step with the lines, adds keys, leads to a problem's line, and keeps what is not saved until the tab is closed.
 *  Without it every button of the page works. */

import { announce } from "./announce.js";
import { isTouched } from "./touched.js";

const INDENT = "  ";
const KEPT = "pipeline-draft:";

const form = document.querySelector("form[data-editor]");
if (form) start(form);

function start(form) {
  const text = form.querySelector("textarea");
  const editor = { form, text, box: text.parentElement, gutter: form.querySelector(".editor ol"), began: text.defaultValue, leaving: false, sending: false };
  text.addEventListener("input", () => changed(editor));
  text.addEventListener("keydown", (event) => press(editor, event));
  document.addEventListener("keydown", (event) => command(editor, event));
  document.addEventListener("click", (event) => click(editor, event));
  document.addEventListener("htmx:afterSwap", (event) => event.target.id === "checked" && checked(editor));
  for (const trouble of ["htmx:responseError", "htmx:sendError"]) document.addEventListener(trouble, () => unchecked(editor));
  form.addEventListener("submit", (event) => submit(editor, event));
  form.querySelector("input[type=file]").addEventListener("change", (event) => load(editor, event.target));
  window.addEventListener("beforeunload", (event) => isUnsaved(editor) && event.preventDefault());
  window.addEventListener("pageshow", () => (editor.leaving = false));
  if (form.dataset.unsaved === undefined) offerDraft(editor);
  else keep(editor);
  number(editor);
  // htmx, which has the text checked, listens from here on.
  document.addEventListener("DOMContentLoaded", () => isTouched(form) && begin(editor));
}

/** With what was typed already. */
function begin(editor) {
  changed(editor);
  check(editor);
}

function check({ text }) {
  window.htmx?.trigger(text, "editor:check");
}

// The gutter ----------------------------------------------------------------------------------------------------------

function changed(editor) {
  number(editor);
  keep(editor);
}

/** As many numbers as lines. */
function number({ text, gutter }) {
  const lines = text.value.split("\n").length;
  while (gutter.children.length > lines) gutter.lastElementChild.remove();
  const more = [];
  for (let line = gutter.children.length + 1; line <= lines; line += 1) {
    const item = document.createElement("li");
    item.textContent = line;
    item.ariaHidden = "true";
    more.push(item);
  }
  gutter.append(...more);
  text.rows = Math.max(20, lines + 1);
}

/** The server's answer carries `13:bad:p1 33:warn:p3`. */
function checked(editor) {
  const marks = document.getElementById("marks").dataset.marks;
  for (const item of editor.gutter.querySelectorAll("[id]")) plain(item);
  for (const mark of marks.split(" ").filter(Boolean)) show(editor, ...mark.split(":"));
  editor.text.setAttribute("aria-invalid", String(marks.includes(":bad:")));
}

/** The marks are those of an earlier text; the text itself is kept in this tab. */
function unchecked({ form }) {
  const place = form.querySelector("[data-draft-kept]");
  place.hidden = false;
  place.textContent = "Not checked: the server does not answer";
  announce(place.textContent);
}

function plain(item) {
  item.textContent = item.id.slice(1);
  item.removeAttribute("id");
  item.className = "";
  item.ariaHidden = "true";
}

function show({ gutter }, line, severity, anchor) {
  const item = gutter.children[line - 1];
  if (!item) return;
  const link = document.createElement("a");
  link.href = `#${anchor}`;
  link.tabIndex = -1;
  link.ariaLabel = `Problem on line ${line}`;
  link.append(document.querySelector(`#${CSS.escape(anchor)} svg`).cloneNode(true));
  link.firstChild.classList.add("icon--sm");
  item.id = `L${line}`;
  item.className = `is-${severity}`;
  item.ariaHidden = null;
  item.prepend(link);
}

// Keys ----------------------------------------------------------------------------------------------------------------

/** Tab indents, unless Escape came before it: so the keyboard is never caught here (WCAG 2.1.2). */
function press(editor, event) {
  if (event.key === "Escape") {
    editor.leaving = true;
    announce("Tab leaves the text now");
  } else if (event.key === "Tab" && !editor.leaving && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault();
    indent(editor.text, event.shiftKey);
  } else if (event.key === "Enter" && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    insert(editor.text, `\n${before(editor.text).match(/^ */)[0]}`);
  } else if (event.key !== "Shift") editor.leaving = false;
}

function before(text) {
  return text.value.slice(text.value.lastIndexOf("\n", text.selectionStart - 1) + 1, text.selectionStart);
}

/** One line: spaces up to the next stop. Several: all of them one step in or out. */
function indent(text, isOut) {
  const { selectionStart: start, selectionEnd: end, value } = text;
  const first = value.lastIndexOf("\n", start - 1) + 1;
  if (!isOut && !value.slice(start, end).includes("\n")) {
    return insert(text, " ".repeat(INDENT.length - (before(text).length % INDENT.length)));
  }
  const block = value.slice(first, end);
  const moved = isOut ? block.replace(/^ {1,2}/gm, "") : block.replace(/^(?=.)/gm, INDENT);
  if (moved === block) return;
  text.setSelectionRange(first, end);
  insert(text, moved);
  text.setSelectionRange(block.includes("\n") ? first : Math.max(first, start - (block.length - moved.length)), first + moved.length);
  if (!block.includes("\n")) text.setSelectionRange(text.selectionStart, text.selectionStart);
}

/** As if typed, so that undo knows it. */
function insert(text, words) {
  text.focus();
  if (!document.execCommand("insertText", false, words)) {
    text.setRangeText(words, text.selectionStart, text.selectionEnd, "end");
    text.dispatchEvent(new Event("input", { bubbles: true }));
  }
}

function command(editor, event) {
  const isCommand = event.ctrlKey || event.metaKey;
  if (isCommand && event.key.toLowerCase() === "s") run(event, () => editor.form.requestSubmit(button(editor, "save")));
  else if (isCommand && event.key === "Enter") run(event, () => check(editor));
  else if (event.key === "F8") run(event, () => nextProblem(editor, event.shiftKey ? -1 : 1));
}

function run(event, what) {
  event.preventDefault();
  what();
}

function button({ form }, what) {
  return form.querySelector(`button[name=do][value=${what}]`);
}

// Problems ------------------------------------------------------------------------------------------------------------

function click(editor, event) {
  const link = event.target.closest("a[data-line]");
  const fix = event.target.closest("[data-fix]");
  if (fix) return mend(editor, event, ...fix.value.split(":").slice(1));
  if (link) run(event, () => go(editor, Number(link.dataset.line), Number(link.dataset.column) || 1));
  else if (event.target.closest("[data-next-problem]")) nextProblem(editor, 1);
  else if (event.target.closest("#checked .dag a")) event.preventDefault(); // a preview: its links would leave the text
}

/** Leads to a line and column, and shows them in the middle. */
function go({ text, box }, line, column) {
  const lines = text.value.split("\n");
  const start = lines.slice(0, line - 1).reduce((sum, each) => sum + each.length + 1, 0);
  const at = start + Math.min(column - 1, (lines[line - 1] ?? "").length);
  text.focus({ preventScroll: true });
  text.setSelectionRange(at, at);
  const height = text.scrollHeight / Math.max(lines.length, text.rows);
  const top = Math.min(parseFloat(getComputedStyle(text).lineHeight) || height, 40) * (line - 1);
  box.scrollTo({ top: Math.max(0, top - box.clientHeight / 2), left: 0 });
  box.scrollIntoView({ block: "nearest" });
}

/** Writes one word in the place of another, as the server would; it does when the text has changed since. */
function mend(editor, event, line, column, old, fresh) {
  const { text } = editor;
  const start = text.value.split("\n").slice(0, line - 1).reduce((sum, each) => sum + each.length + 1, 0) + Number(column) - 1;
  if (!text.value.startsWith(old, start)) return;
  run(event, () => {
    go(editor, Number(line), Number(column));
    text.setSelectionRange(start, start + old.length);
    insert(text, fresh);
  });
}

function nextProblem(editor, step) {
  const problems = [...document.querySelectorAll("#problems a[data-line]")];
  if (!problems.length) return announce("There is no problem");
  const line = editor.text.value.slice(0, editor.text.selectionStart).split("\n").length;
  const sorted = problems.sort((a, b) => a.dataset.line - b.dataset.line);
  const order = step > 0 ? sorted : [...sorted].reverse();
  const next = order.find((each) => (each.dataset.line - line) * step > 0) ?? order[0];
  next.click();
  announce(next.closest("li").querySelector(".problem__said").textContent);
}

// Files, and what is not saved ----------------------------------------------------------------------------------------

async function load(editor, field) {
  const [file] = field.files;
  if (!file) return;
  if (file.size > Number(editor.text.dataset.mostBytes)) return announce("The file is too large");
  editor.text.select();
  insert(editor.text, (await file.text()).replace(/^\ufeff/, "").replace(/\r\n?/g, "\n"));
  field.value = "";
  editor.text.setSelectionRange(0, 0);
  announce(`${file.name} is in the place of the text; undo brings the text back`);
}

function submit(editor, event) {
  const bytes = new TextEncoder().encode(editor.text.value).length;
  if (bytes <= Number(editor.text.dataset.mostBytes)) {
    editor.sending = true;
    return keep(editor, { sent: event.submitter?.value === "save" || event.submitter?.value.startsWith("over-") });
  }
  event.preventDefault();
  event.stopImmediatePropagation();
  announce(`The text has ${bytes} bytes, more than a definition may have`);
}

function isUnsaved(editor) {
  return !editor.sending && (editor.form.dataset.unsaved !== undefined || editor.text.value !== editor.began);
}

function key({ form }) {
  return KEPT + form.dataset.draft;
}

function keep(editor, more = {}) {
  try {
    const draft = { text: editor.text.value, base: editor.form.dataset.base, at: Date.now(), ...more };
    sessionStorage.setItem(key(editor), JSON.stringify(draft));
    tellKept(editor, draft.at);
  } catch {
    // refused or full: the warning on leaving is still there
  }
}

function tellKept({ form }, at) {
  const place = form.querySelector("[data-draft-kept]");
  place.hidden = false;
  place.textContent = `Draft kept ${clock(at)}`;
}

function clock(at) {
  return new Date(at).toISOString().slice(11, 16);
}

/** A draft of this tab: the session ran out, the page was left, the browser was closed by mistake. */
function offerDraft(editor) {
  let draft = null;
  try {
    draft = JSON.parse(sessionStorage.getItem(key(editor)));
  } catch {
    return;
  }
  const place = editor.form.querySelector("[data-draft-found]");
  // What was sent to be saved and led to a newer version is saved; without one the session had run out.
  const isSaved = draft?.sent && draft.base !== editor.form.dataset.base;
  if (!draft || isSaved || draft.text === editor.text.value) return forget(editor, place);
  place.hidden = false;
  const base = draft.base === editor.form.dataset.base ? "" : ` It began with version ${draft.base}, not with this one.`;
  const sent = draft.sent ? " It was sent to be saved: look whether it is among the pipelines first." : "";
  place.querySelector("[data-draft-age]").textContent = `It was kept at ${clock(draft.at)} UTC.${base}${sent}`;
  place.querySelector("[data-draft-forget]").addEventListener("click", () => forget(editor, place));
  place.querySelector("[data-draft-restore]").addEventListener("click", () => {
    editor.text.select();
    insert(editor.text, draft.text);
    place.hidden = true;
  });
}

function forget(editor, place) {
  place.hidden = true;
  try {
    sessionStorage.removeItem(key(editor));
  } catch {
    // nothing was kept then
  }
}
