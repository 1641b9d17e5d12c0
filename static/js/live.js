/** Parts of a page that follow what they show.
 *
 *  `<section id data-live="address" data-version="7" data-seconds="3">` is asked for with `?version=7`: 204 means the same
 *  still, an answer is the element anew (further elements with an id replace theirs). No `data-live` or the header
 *  `Live-Final` ends the asking. `data-title` becomes the document's title; a changed `data-announce` is read out.
 *  After a change the element hears `live:updated`. Asked less often while the page is hidden or the server does not
 *  answer; not at all while paused. */

import { announce } from "./announce.js";
import { morph } from "./morph.js";
import { remember, remembered } from "./memory.js";

const HIDDEN = 60_000;
const LONGEST = 60_000;
const PATIENCE = 15_000;
const FETCH = { headers: { "HX-Request": "true" }, credentials: "same-origin", redirect: "manual", cache: "no-store" };
const parts = new Map();
let paused = remembered("live-paused") === "yes";
let updated = Date.now();
let trouble = "";

export function start() {
  find(document);
  document.addEventListener("htmx:load", (event) => find(event.target));
  document.addEventListener("visibilitychange", () => document.hidden || askAll());
  window.addEventListener("online", askAll);
  document.querySelector("[data-live-pause]")?.addEventListener("click", togglePause);
  setInterval(tell, 1000);
  tell();
}

function find(root) {
  for (const element of [root, ...root.querySelectorAll("[data-live]")]) {
    if (element.dataset?.live && !parts.has(element)) {
      parts.set(element, { failures: 0, timer: 0, isAsking: false });
      plan(element);
    }
  }
}

function plan(element) {
  const part = parts.get(element);
  clearTimeout(part.timer);
  if (!element.isConnected || !element.dataset.live) return parts.delete(element);
  const seconds = Math.max(1, Number(element.dataset.seconds) || 5);
  const wait = Math.min(LONGEST, seconds * 1000 * 2 ** part.failures);
  if (!paused) part.timer = setTimeout(ask, document.hidden ? Math.max(wait, HIDDEN) : wait, element);
}

function askAll() {
  if (!paused) for (const element of parts.keys()) ask(element);
}

async function ask(element) {
  const part = parts.get(element);
  if (!part || part.isAsking) return;
  part.isAsking = true;
  try {
    const address = new URL(element.dataset.live, location.href);
    address.searchParams.set("version", element.dataset.version ?? "");
    const response = await fetch(address, { ...FETCH, signal: AbortSignal.timeout(PATIENCE) });
    await take(element, response);
    part.failures = 0;
  } catch {
    part.failures += 1;
    trouble = "The server does not answer; trying again";
  }
  part.isAsking = false;
  plan(element);
  tell();
}

async function take(element, response) {
  if (response.type === "opaqueredirect" || response.status === 401) return stop(element, "Signed out: reload to sign in");
  if (response.status === 403) return stop(element, "You may no longer see this");
  if (response.status === 404 || response.status === 410) return stop(element, "This is no longer there");
  if (!response.ok) throw new Error(response.statusText);
  if (response.status !== 204) show(element, await response.text(), response.headers.has("Live-Final"));
  updated = Date.now();
  trouble = "";
}

function stop(element, reason) {
  delete element.dataset.live;
  trouble = reason;
  announce(reason);
}

function show(element, html, isFinal) {
  const template = document.createElement("template");
  template.innerHTML = html;
  const said = element.dataset.announce;
  for (const fresh of [...template.content.children]) {
    const old = fresh.id === element.id ? element : document.getElementById(fresh.id);
    if (!old) continue;
    const current = morph(old, fresh);
    window.htmx?.process(current);
    current.dispatchEvent(new CustomEvent("live:updated", { bubbles: true }));
  }
  if (isFinal) delete element.dataset.live;
  if (element.dataset.title) document.title = element.dataset.title;
  if (element.dataset.announce !== said) announce(element.dataset.announce);
}

function togglePause() {
  paused = !paused;
  remember("live-paused", paused ? "yes" : "");
  if (paused) for (const element of parts.keys()) plan(element);
  else askAll();
  tell();
}

/** "Updated 4 s ago" in the top bar, and the button that pauses. */
function tell() {
  const place = document.querySelector("[data-updated]");
  const button = document.querySelector("[data-live-pause]");
  if (!place || !button) return;
  const isLive = parts.size > 0;
  button.hidden = !isLive;
  place.hidden = !isLive && !trouble;
  button.setAttribute("aria-pressed", String(paused));
  const text = trouble || (paused ? "Updates are paused" : `Updated ${since()} ago`);
  if (place.textContent !== text) place.textContent = text;
}

function since() {
  const seconds = Math.round((Date.now() - updated) / 1000);
  return seconds < 60 ? `${seconds}\u00a0s` : `${Math.floor(seconds / 60)}\u00a0min`;
}
