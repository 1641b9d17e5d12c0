/** One polite region, outside everything that is swapped, through which scripts tell screen readers what happened. */

export function announce(text) {
  const place = document.querySelector("[data-announcer]");
  if (place && text) place.textContent = text;
}
