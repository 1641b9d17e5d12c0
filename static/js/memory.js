/** What a tab remembers while it is open; a browser that refuses storage forgets, nothing more. */

export function remember(name, value) {
  try {
    sessionStorage.setItem(name, value);
  } catch {
    // private windows and full storage: the choice holds for this page
  }
}

export function remembered(name) {
  try {
    return sessionStorage.getItem(name);
  } catch {
    return null;
  }
}
