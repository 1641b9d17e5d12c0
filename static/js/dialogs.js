/** Dialogs. `data-opens="id"` opens one that is in the page. `<a href data-dialog>` shows the page it leads to in one
 *  (asked for as a fragment); without scripts it is a link to that page. `data-close` closes; a click beside closes. */

import { announce } from "./announce.js";

export function start() {
  document.addEventListener("click", (event) => {
    const target = event.target;
    const opener = target.closest("[data-opens]");
    if (opener) return open(document.getElementById(opener.dataset.opens));
    const link = target.closest("a[data-dialog]");
    if (link && isPlain(event)) return load(event, link);
    if (target.closest("dialog [data-close]")) return close(event, target.closest("dialog"));
    if (target.matches("dialog[open]") && isBeside(event, target)) target.close();
  });
}

export function open(dialog) {
  if (!dialog || dialog.open) return;
  for (const menu of document.querySelectorAll(".menu:popover-open, .sidebar:popover-open")) menu.hidePopover();
  dialog.showModal();
  dialog.dispatchEvent(new CustomEvent("dialog:open"));
}

async function load(event, link) {
  event.preventDefault();
  const dialog = document.getElementById("dialog");
  link.setAttribute("aria-busy", "true");
  try {
    const response = await fetch(link.href, { headers: { "HX-Request": "true" }, redirect: "manual" });
    if (!response.ok) throw new Error(response.statusText);
    const template = document.createElement("template");
    template.innerHTML = await response.text();
    dialog.replaceChildren(template.content);
    window.htmx?.process(dialog);
    open(dialog);
  } catch {
    announce("Opening the page instead");
    location.assign(link.href);
  } finally {
    link.removeAttribute("aria-busy");
  }
}

function close(event, dialog) {
  event.preventDefault();
  dialog.close();
}

function isPlain(event) {
  return event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;
}

function isBeside(event, dialog) {
  const box = dialog.getBoundingClientRect();
  return event.clientX < box.left || event.clientX > box.right || event.clientY < box.top || event.clientY > box.bottom;
}
