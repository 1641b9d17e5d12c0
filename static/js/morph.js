/** Makes an element like a fresh one without replacing what stays the same: focus, scroll, open `<details>`,
 *  typed text and selections survive. Children are matched by `id` or `data-key`, else by place.
 *  `data-keep` leaves an element as the person has it. */

const PERSONAL = { DETAILS: ["open"], DIALOG: ["open"], INPUT: ["value", "checked"], OPTION: ["selected"] };

/** `old` becomes like `fresh` (which is used up); returns the element that is now in the page. */
export function morph(old, fresh) {
  const focused = document.activeElement;
  const result = change(old, fresh);
  if (focused && focused !== document.activeElement && focused.isConnected) focused.focus({ preventScroll: true });
  return result;
}

function change(old, fresh) {
  if (old.nodeType !== Node.ELEMENT_NODE) return changeText(old, fresh);
  if (old.hasAttribute("data-keep") || old.isEqualNode(fresh)) return old;
  if (old.nodeName !== fresh.nodeName) {
    old.replaceWith(fresh);
    return fresh;
  }
  changeAttributes(old, fresh);
  changeChildren(old, fresh);
  return old;
}

function changeText(old, fresh) {
  if (old.data !== fresh.data) old.data = fresh.data;
  return old;
}

function changeAttributes(old, fresh) {
  const personal = PERSONAL[old.nodeName] ?? [];
  for (const { name } of [...old.attributes]) {
    if (!fresh.hasAttribute(name) && !personal.includes(name)) old.removeAttribute(name);
  }
  for (const { name, value } of fresh.attributes) {
    if (old.getAttribute(name) !== value && !personal.includes(name)) old.setAttribute(name, value);
  }
}

function changeChildren(old, fresh) {
  const wanted = new Set([...fresh.children].map(keyOf));
  const keyed = new Map();
  for (const child of [...old.children]) {
    const key = keyOf(child);
    if (!key) continue;
    // Removed first, so that what stays need not be moved: a moved element loses the focus.
    if (wanted.has(key)) keyed.set(key, child);
    else child.remove();
  }
  let at = old.firstChild;
  for (const next of [...fresh.childNodes]) {
    const match = keyOf(next) ? keyed.get(keyOf(next)) : isAlike(at, next) ? at : null;
    if (!match) old.insertBefore(next, at);
    else {
      if (match === at) at = at.nextSibling;
      else old.insertBefore(match, at);
      change(match, next);
    }
  }
  while (at) {
    const gone = at;
    at = at.nextSibling;
    gone.remove();
  }
}

function isAlike(one, other) {
  return one !== null && one.nodeName === other.nodeName && !keyOf(one);
}

function keyOf(node) {
  return node.nodeType === Node.ELEMENT_NODE ? node.id || node.dataset.key || "" : "";
}
