/** Boxes that scroll sideways: brings into sight what matters, the shown tab, or the task of a graph that is chosen,
 *  that failed, or that runs. */

const BOXES = {
  ".tabs": ["[aria-current]"],
  ".dag": [".is-on", ".s-failed, .s-timed_out", ".s-running, .s-retrying, .s-waiting"],
};

export function start() {
  look(document);
  document.addEventListener("htmx:load", (event) => look(event.target));
}

function look(root) {
  for (const [selector, wanted] of Object.entries(BOXES)) {
    for (const box of root.querySelectorAll(selector)) {
      const found = wanted.map((each) => box.querySelector(each)).find(Boolean);
      if (found) show(box, found);
    }
  }
}

function show(box, element) {
  const [outer, inner] = [box.getBoundingClientRect(), element.getBoundingClientRect()];
  box.scrollLeft += (inner.left + inner.right - outer.left - outer.right) / 2;
  if (inner.bottom > outer.bottom) box.scrollTop += (inner.top + inner.bottom - outer.top - outer.bottom) / 2;
}
