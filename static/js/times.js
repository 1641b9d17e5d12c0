/** Keeps `<time datetime data-ago>` current, in the words of `web/quantities.py`, by the server's clock. */

const HARD = "\u00a0";
const THIN = "\u202f";
const skew = Date.parse(document.documentElement.dataset.now) - performance.timeOrigin - performance.now() || 0;

export function start() {
  tick();
}

function tick() {
  const now = performance.timeOrigin + performance.now() + skew;
  let isYoung = false;
  for (const time of document.querySelectorAll("time[data-ago]")) {
    const seconds = (now - Date.parse(time.dateTime)) / 1000;
    const text = relative(seconds);
    if (time.textContent !== text) time.textContent = text;
    isYoung ||= Math.abs(seconds) < 90;
  }
  setTimeout(tick, isYoung ? 1000 : 15_000);
}

export function relative(seconds) {
  const amount = distance(Math.floor(Math.abs(seconds)));
  return seconds >= 0 ? `${amount} ago` : `in ${amount}`;
}

function distance(seconds) {
  if (seconds < 60) return `${seconds}${HARD}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}${HARD}min`;
  const hours = Math.floor(minutes / 60);
  const rest = String(minutes % 60).padStart(2, "0");
  if (hours < 10) return minutes % 60 ? `${hours}${HARD}h${HARD}${rest}${HARD}m` : `${hours}${HARD}h`;
  if (hours < 48) return `${hours}${HARD}h`;
  return `${String(Math.floor(hours / 24)).replace(/\B(?=(\d{3})+$)/g, THIN)}${HARD}d`;
}
