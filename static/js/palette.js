/** Ctrl K: the palette. htmx brings the results; the arrows move among them while the field keeps the focus. */

import { open } from "./dialogs.js";

export function start() {
  const palette = document.getElementById("palette");
  if (!palette) return;
  const field = palette.querySelector("input");
  document.addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey) return;
    event.preventDefault();
    open(palette);
  });
  palette.addEventListener("dialog:open", () => {
    field.select();
    field.dispatchEvent(new CustomEvent("palette:open"));
  });
  palette.addEventListener("htmx:afterSwap", () => mark(field, options(palette), 0));
  field.addEventListener("keydown", (event) => move(event, field, options(palette)));
}

function options(palette) {
  return [...palette.querySelectorAll("[role=option]")];
}

function move(event, field, found) {
  const at = found.findIndex((option) => option.getAttribute("aria-selected") === "true");
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step && found.length) {
    event.preventDefault();
    mark(field, found, (at + step + found.length) % found.length);
  } else if (event.key === "Escape") {
    event.preventDefault(); // a search field would only be emptied
    field.closest("dialog").close();
  } else if (event.key === "Enter" && at >= 0) {
    event.preventDefault();
    found[at].click();
  }
}

function mark(field, found, chosen) {
  found.forEach((option, place) => {
    option.id ||= `palette-option-${place}`;
    option.setAttribute("aria-selected", String(place === chosen));
  });
  field.setAttribute("aria-activedescendant", found[chosen]?.id ?? "");
  found[chosen]?.scrollIntoView({ block: "nearest" });
}
