/** A form with files: says what was chosen and whether it is too large, and how far the upload is. An answer with
 *  mistakes comes into the page with the chosen files kept. Without it the browser sends the form and shows its own progress. */

import { announce } from "./announce.js";

const UNITS = ["B", "kB", "MB", "GB", "TB"];

document.addEventListener("change", (event) => event.target.matches("[data-files]") && describe(event.target.form));
document.addEventListener("submit", (event) => event.target.matches("form[data-upload]") && send(event), true);

function chosen(form) {
  return [...form.querySelectorAll("[data-files]")].flatMap((input) => [...input.files]);
}

function total(files) {
  return files.reduce((sum, file) => sum + file.size, 0);
}

function describe(form) {
  const files = chosen(form);
  const said = form.querySelector("[data-upload-chosen]");
  const most = Number(form.dataset.mostBytes);
  said.hidden = files.length === 0;
  said.classList.toggle("bad", total(files) > most);
  said.textContent = `${files.length} ${files.length === 1 ? "file" : "files"}, ${size(total(files))}` +
    (total(files) > most ? `: more than the ${size(most)} that one upload may have` : "");
}

function send(event) {
  const form = event.target;
  event.preventDefault();
  if (form.dataset.sent !== undefined) return;
  form.dataset.sent = "";
  const button = form.querySelector("button.btn--primary");
  const progress = form.querySelector("[data-upload-progress]");
  button.setAttribute("aria-busy", "true");
  progress.hidden = false;
  const request = new XMLHttpRequest();
  const began = Date.now();
  request.open("POST", form.action || location.href);
  request.setRequestHeader("X-Requested-With", "upload");
  request.upload.onprogress = (step) => step.lengthComputable && show(progress, step, began);
  request.upload.onload = () => say(progress, "Arrived; it is being checked and stored …");
  request.onload = () => answer(form, request);
  request.onerror = () => fail(form, "The upload broke off. Look at your connection, then register again.");
  request.send(new FormData(form));
}

function show(progress, step, began) {
  const share = step.loaded / step.total;
  progress.querySelector("progress").value = 100 * share;
  const seconds = (Date.now() - began) / 1000;
  const left = share > 0.02 && seconds > 3 ? `, about ${Math.ceil((seconds / share) * (1 - share))} s left` : "";
  say(progress, `${size(step.loaded)} of ${size(step.total)}${left}`);
}

function say(progress, text) {
  progress.querySelector("[data-upload-said]").textContent = text;
}

function answer(form, request) {
  const address = request.getResponseHeader("Location");
  if (request.status === 201 && address) return location.assign(address);
  const kept = [...form.querySelectorAll("[data-files]")];
  const found = new DOMParser().parseFromString(request.responseText, "text/html").querySelector("form[data-upload]");
  if (!found) return fail(form, `The server answered ${request.status}. Nothing was registered.`);
  for (const input of kept) found.querySelector(`#${input.id}`)?.replaceWith(input);
  found.querySelector("[data-files-lost]")?.remove();
  form.replaceWith(document.adoptNode(found));
  describe(found);
  const trouble = found.querySelector("[role=alert]");
  trouble?.scrollIntoView({ block: "center" });
  announce(trouble?.textContent.trim() ?? "");
  (found.querySelector("[aria-invalid=true]") ?? found.querySelector("input")).focus({ preventScroll: true });
}

function fail(form, text) {
  const progress = form.querySelector("[data-upload-progress]");
  form.querySelector("button.btn--primary").removeAttribute("aria-busy");
  delete form.dataset.sent;
  progress.querySelector("progress").value = 0;
  say(progress, text);
}

function size(bytes) {
  let unit = 0;
  for (; bytes >= 999.5 && unit < UNITS.length - 1; unit += 1) bytes /= 1000;
  return `${bytes.toFixed(unit && bytes < 9.95 ? 1 : 0)} ${UNITS[unit]}`;
}
