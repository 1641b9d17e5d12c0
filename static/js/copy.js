/** `<button data-copy="text">` copies, and says so. */

import { announce } from "./announce.js";

export function start() {
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    const copied = await write(button.dataset.copy);
    announce(copied ? "Copied" : "Copying was refused by the browser");
    if (copied) mark(button);
  });
}

async function write(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false; // no secure context, or the person said no
  }
}

function mark(button) {
  button.dataset.copied = "";
  setTimeout(() => delete button.dataset.copied, 1500);
}
