// What the modules share: words, delegation, starting again after a swap, lists ordered by hand.
const source = document.getElementById("hz-words");
const words = source ? JSON.parse(source.textContent) : {};

/** The word of this name in the reader's language, with {places} filled. */
export function word(name, values = {}) {
  return (words[name] ?? name).replace(/\{(\w+)\}/g, (whole, key) => values[key] ?? whole);
}

/** Listen on the document for events at elements that match, now or later. */
export function on(types, selector, handler, options) {
  for (const type of types.split(" ")) {
    document.addEventListener(type, (event) => {
      const element = event.target instanceof Element && event.target.closest(selector);
      if (element) handler(event, element);
    }, options);
  }
}

/** Run now and after every swap of htmx; the work must bear repetition. */
export function ready(work) {
  work();
  document.addEventListener("htmx:after:swap", () => work());
}

export const visible = (element) => Boolean(element) && element.checkVisibility({ visibilityProperty: true });

export function icon(name, extra = "") {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  svg.setAttribute("class", `hz-icon ${extra}`.trim());
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(space, "use");
  use.setAttribute("href", `${words.icons}#${name}`);
  svg.append(use);
  return svg;
}

export function make(tag, className, text) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
}

/** Text into an element, with what was searched for marked. */
export function marked(element, text, wanted) {
  const at = wanted ? text.toLowerCase().indexOf(wanted.toLowerCase()) : -1;
  if (at < 0) return element.append(text);
  element.append(text.slice(0, at), make("mark", "", text.slice(at, at + wanted.length)), text.slice(at + wanted.length));
}

/** Ask the server for JSON; none when another question took its place. */
export async function ask(url, question, signal) {
  const address = new URL(url, document.baseURI);
  for (const [name, value] of Object.entries(question)) address.searchParams.set(name, value);
  const answer = await fetch(address, { signal, headers: { Accept: "application/json" }, credentials: "same-origin" });
  if (!answer.ok) throw new Error(`${answer.status}`);
  return answer.json();
}

/** Say something to who listens instead of looking. */
export function announce(text) {
  const region = document.getElementById("hz-toasts");
  if (!region) return;
  const line = make("p", "hz-sr", text);
  region.append(line);
  setTimeout(() => line.remove(), 3000);
}

/** The path under which Hanse lives, "/" at the root. */
export const base = () => `${document.querySelector('meta[name="hanse-base"]')?.content ?? ""}/`.replace(/\/+$/, "/");

export const remember = (name, value) => {
  document.cookie = `${name}=${value}; path=${base()}; max-age=31536000; samesite=lax`;
};

// Lists ordered by hand: by dragging the handle, or Alt+arrow inside the entry. Both tell with `hanse:reorder`.
const told = (list) => list.dispatchEvent(new CustomEvent("hanse:reorder", { bubbles: true }));
const sorted = new WeakSet();
ready(async () => {
  const lists = [...document.querySelectorAll("[data-sort-list]")].filter((list) => !sorted.has(list) && list.querySelector("[data-grip]"));
  lists.forEach((list) => sorted.add(list));
  if (!lists.length) return;
  await import("../vendor/sortable.min.js"); // not a module: it leaves a global behind
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  for (const list of lists) {
    window.Sortable.create(list, { handle: list.dataset.handle, ghostClass: "hz-drag", animation: still ? 0 : 120, onEnd: () => told(list) });
  }
});
document.addEventListener("keydown", (event) => {
  const list = event.altKey && /^Arrow(Up|Down)$/.test(event.key) && event.target.closest("[data-sort-list]");
  if (!list) return;
  const entry = [...list.children].find((child) => child.contains(event.target));
  const other = event.key === "ArrowUp" ? entry.previousElementSibling : entry.nextElementSibling;
  event.preventDefault();
  if (!other) return;
  const focus = document.activeElement;
  event.key === "ArrowUp" ? other.before(entry) : other.after(entry);
  focus.focus();
  announce(word("moved", { n: [...list.children].indexOf(entry) + 1 }));
  told(list);
});
