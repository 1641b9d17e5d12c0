/** Rows to act on together: in `<form data-selection>` a box `data-select-all` selects every `data-select` box, shift
 *  selects a range, and `data-bulk` (with `data-bulk-count`) shows while something is selected. Without scripts the
 *  bar is always there. */

const last = new WeakMap();

export function start() {
  for (const form of document.querySelectorAll("form[data-selection]")) {
    form.addEventListener("click", (event) => extend(event, form));
    form.addEventListener("change", (event) => change(event, form));
    form.addEventListener("click", (event) => event.target.closest("[data-select-none]") && set(form, boxes(form), false));
    form.addEventListener("live:updated", () => tell(form));
    tell(form);
  }
}

function boxes(form) {
  return [...form.querySelectorAll("[data-select]")];
}

function extend(event, form) {
  if (!event.target.matches("[data-select]")) return;
  const all = boxes(form);
  const [from, to] = [all.indexOf(last.get(form)), all.indexOf(event.target)].sort((a, b) => a - b);
  if (event.shiftKey && from >= 0) set(form, all.slice(from, to + 1), event.target.checked);
  last.set(form, event.target);
}

function change(event, form) {
  if (event.target.matches("[data-select-all]")) set(form, boxes(form), event.target.checked);
  tell(form);
}

function set(form, some, isChecked) {
  for (const box of some) box.checked = isChecked;
  tell(form);
}

function tell(form) {
  const all = boxes(form);
  const count = all.filter((box) => box.checked).length;
  for (const box of all) box.closest("tr")?.setAttribute("aria-selected", String(box.checked));
  const every = form.querySelector("[data-select-all]");
  if (every) Object.assign(every, { checked: count > 0 && count === all.length, indeterminate: count > 0 && count < all.length });
  const bar = form.querySelector("[data-bulk]");
  if (bar) bar.hidden = count === 0;
  const place = form.querySelector("[data-bulk-count]");
  if (place) place.textContent = `${count} selected`;
}
