/** Toasts leave after a while, unless they tell an error or somebody is reading them; all are read out once. A request
 *  of htmx that fails becomes one. */

import { announce } from "./announce.js";

const SHOWN = 8000;
const REASONS = { 0: "the server does not answer", 403: "you may not do this", 404: "it is no longer there" };

export function start() {
  const toasts = [...document.querySelectorAll("[data-toast]")];
  announce(toasts.map((toast) => toast.querySelector("[data-said]").textContent).join(". "));
  for (const toast of toasts) if (toast.dataset.toast !== "error") leave(toast);
  document.addEventListener("click", (event) => event.target.closest("[data-dismiss]")?.closest("[data-toast]").remove());
  for (const name of ["htmx:responseError", "htmx:sendError"]) document.addEventListener(name, tell);
}

function leave(toast) {
  setTimeout(() => (toast.matches(":hover, :focus-within") ? leave(toast) : toast.remove()), SHOWN);
}

function tell(event) {
  const status = event.detail.xhr?.status ?? 0;
  if (status === 401) return; // htmx follows to the login page
  const place = document.getElementById("toasts");
  const fresh = place?.querySelector("template").content.cloneNode(true);
  if (!fresh) return;
  const said = `That did not work: ${REASONS[status] ?? "an error of the server"}.`;
  fresh.querySelector("[data-said]").textContent = said;
  place.append(fresh);
  announce(said);
}
