/** Single keys, while nobody types: `?` the sheet, `/` search, `g` and a letter, `j k x` in `[data-rows]`, and the
 *  `data-shortcut` of a page's links and buttons. Switched off by `data-keys="off"` on the root (WCAG 2.1.4). */

import { open } from "./dialogs.js";

const PATIENCE = 1500;
let prefix = 0;

export function start() {
  listPageKeys();
  if (document.documentElement.dataset.keys === "off") return;
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || isTyping(event)) return;
    if (press(event.key)) event.preventDefault();
  });
}

function isTyping({ target }) {
  return target.isContentEditable || target.closest("dialog[open], textarea, select, input:not([type=checkbox])") !== null;
}

function press(key) {
  if (Date.now() - prefix < PATIENCE) {
    prefix = 0;
    return click(`[data-go="${CSS.escape(key.toLowerCase())}"]`);
  }
  if (key === "g") return (prefix = Date.now()) > 0;
  if (key === "?") return open(document.getElementById("keys")) ?? true;
  if (key === "/") return search();
  if (key === "j" || key === "k") return step(key === "j" ? 1 : -1);
  if (key === "x") return select();
  return click(`[data-shortcut="${CSS.escape(key.toLowerCase())}"]`);
}

function click(selector) {
  const found = [...document.querySelectorAll(selector)].find((element) => !element.disabled);
  found?.click();
  return found !== undefined;
}

function search() {
  const field = document.querySelector("main [data-search], main input[type=search]");
  if (field) field.select();
  else open(document.getElementById("palette"));
  field?.focus();
  return true;
}

function rows() {
  return [...document.querySelectorAll("[data-rows] > tbody > tr, [data-rows] > li")].filter((row) => lead(row));
}

function lead(row) {
  return row.querySelector(".lead a[href], a.lead[href]") ?? row.querySelector("a[href]");
}

function step(by) {
  const all = rows();
  if (!all.length) return false;
  const at = all.findIndex((row) => row.contains(document.activeElement));
  const next = at < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(all.length - 1, Math.max(0, at + by));
  lead(all[next]).focus({ focusVisible: true });
  return true;
}

function select() {
  const row = rows().find((candidate) => candidate.contains(document.activeElement));
  const box = row?.querySelector("input[type=checkbox]");
  box?.click();
  return box !== undefined && box !== null;
}

/** The sheet's part on this page: every `data-shortcut` with its words. */
function listPageKeys() {
  const place = document.querySelector("[data-page-keys]");
  const found = [...document.querySelectorAll("[data-shortcut]")];
  if (!place || !found.length) return;
  place.hidden = false;
  place.querySelector("dl").replaceChildren(...found.map(describe));
}

function describe(element) {
  const [line, words, keys, key] = ["div", "dt", "dd", "kbd"].map((name) => document.createElement(name));
  const copy = element.cloneNode(true);
  for (const hint of copy.querySelectorAll(".kbd")) hint.remove();
  words.textContent = element.getAttribute("aria-label") ?? copy.textContent.trim();
  key.className = "kbd";
  key.textContent = element.dataset.shortcut.toUpperCase();
  keys.append(key);
  line.append(words, keys);
  return line;
}
