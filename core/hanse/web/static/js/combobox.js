// Choosing a linked record by typing: an ARIA combobox over data-url, which answers [{id, name, code, hint, set}].
// `set` fills other cells of the same line ({"currency": "USD"}, or {"unit": {"id": 3, "name": "kg"}}).
import { announce, ask, make, marked, on, word } from "./dom.js";

const WAIT = 140;
let open = null;
let count = 0;

const parts = (input) => {
  const root = input.closest("[data-combo]");
  return { root, hidden: root.querySelector("[data-combo-value]") };
};

function popup() {
  const list = make("div", "hz-options");
  list.id = `hz-options-${++count}`;
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", word("results"));
  list.popover = "manual";
  list.addEventListener("pointerdown", (event) => event.preventDefault());
  list.addEventListener("click", (event) => choose(event.target.closest("[role=option]")));
  list.addEventListener("pointermove", (event) => { const line = event.target.closest("[role=option]"); if (line && line !== open?.active) mark(line); });
  return list;
}

/** Show suggestions for what stands in the input; `all` ignores the text (the arrow was pressed on a chosen value). */
async function suggest(input, all = false) {
  const { root } = parts(input);
  if (input.readOnly || input.disabled) return;
  if (open?.input !== input) { close(); open = { input, list: popup(), active: null, items: [] }; root.append(open.list); }
  const mine = open;
  mine.request?.abort();
  mine.request = new AbortController();
  mine.wanted = all ? "" : input.value.trim();
  try {
    const items = await ask(input.dataset.url, { ...beside(input), q: mine.wanted }, mine.request.signal);
    if (open === mine && document.activeElement === input) draw(items);
  } catch (error) {
    if (error.name !== "AbortError" && open === mine) note(word("failed"));
  }
}

/** The cell of this line or, if it has none of the name, the field of the form around it; `head.place` is the form's. */
function named(input, name) {
  const own = name.replace(/^head\./, "");
  const within = (place, mark) => input.closest(place)?.querySelector(`[data-${mark}="${CSS.escape(own)}"]`);
  return (own === name ? within("tr", "column") : null) ?? within("form", "field");
}

/** What stands beside this cell that the server wants to know, by the names of columns and fields. */
function beside(input) {
  const names = (input.dataset.asksWith ?? "").split(" ").filter(Boolean);
  return Object.fromEntries(names.map((name) => [name, named(input, name)?.querySelector("[data-combo-value], input, select")?.value ?? ""]));
}

function note(text) {
  open.items = [];
  open.list.replaceChildren(make("div", "hz-options__note", text));
  show();
}

function draw(items) {
  const { input, list, wanted } = open;
  open.items = items;
  const lines = items.map((item, at) => line(item, at, wanted));
  if (input.dataset.createUrl && wanted && !items.some((item) => item.name === wanted)) {
    const create = make("div", "hz-option hz-option--create", word("create", { text: wanted }));
    create.item = { create: wanted };
    lines.push(create);
  }
  lines.forEach((one, at) => { one.id = `${list.id}-${at}`; one.setAttribute("role", "option"); });
  if (!lines.length) return note(word("none"));
  list.replaceChildren(...lines);
  show();
  mark(wanted || !parts(input).hidden.value ? lines[0] : lines.find((one) => `${one.item.id}` === parts(input).hidden.value) ?? null);
  announce(word("options", { n: items.length }));
}

function line(item, at, wanted) {
  const one = make("div", "hz-option");
  if (item.code) { const code = make("span", "hz-option__code"); marked(code, item.code, wanted); one.append(code); }
  const name = make("span", "hz-option__name");
  marked(name, item.name, wanted);
  one.append(name);
  if (item.hint) one.append(make("span", "hz-option__hint", item.hint));
  one.item = item;
  return one;
}

/** Put the list under its input, over it when there is more room, never narrower than a name needs. */
function show() {
  const { input, list } = open;
  if (!list.matches(":popover-open")) list.showPopover();
  const box = input.getBoundingClientRect();
  const room = innerHeight - box.bottom;
  const above = room < 220 && box.top > room;
  const width = Math.min(Math.max(box.width, 400), innerWidth - 16);
  list.style.width = `${width}px`;
  list.style.maxHeight = `${Math.min(320, (above ? box.top : room) - 12)}px`;
  list.style.left = `${Math.max(8, Math.min(box.left, innerWidth - width - 8))}px`;
  list.style.top = above ? "auto" : `${box.bottom + 3}px`;
  list.style.bottom = above ? `${innerHeight - box.top + 3}px` : "auto";
  input.setAttribute("aria-expanded", "true");
  input.setAttribute("aria-controls", list.id);
}

function mark(one) {
  open.active?.removeAttribute("aria-selected");
  open.active = one;
  one?.setAttribute("aria-selected", "true");
  one?.scrollIntoView({ block: "nearest" });
  one ? open.input.setAttribute("aria-activedescendant", one.id) : open.input.removeAttribute("aria-activedescendant");
}

function close() {
  if (!open) return;
  const { input, list, request } = open;
  open = null;
  request?.abort();
  list.remove();
  input.setAttribute("aria-expanded", "false");
  input.removeAttribute("aria-controls");
  input.removeAttribute("aria-activedescendant");
}

/** Put a record into a combobox and tell who listens. */
export function fill(input, id, text) {
  const { root, hidden } = parts(input);
  hidden.value = id;
  input.value = text;
  input.dataset.text = text;
  root.toggleAttribute("data-empty", !id);
  input.removeAttribute("aria-invalid");
  hidden.dispatchEvent(new Event("change", { bubbles: true }));
}

const label = (item) => (item.code ? `${item.code} ${item.name}` : item.name);

function choose(one) {
  if (!one || !open) return;
  const { input } = open;
  close();
  if (one.item.create) return create(input, one.item.create);
  take(input, one.item);
}

function put(input, item) {
  fill(input, item.id, label(item));
  for (const [column, value] of Object.entries(item.set ?? {})) setCell(input, column, value);
}

function take(input, item) {
  put(input, item);
  input.dispatchEvent(new CustomEvent("hanse:chosen", { bubbles: true, detail: item }));
}

function create(input, name) {
  const address = new URL(input.dataset.createUrl, document.baseURI);
  address.searchParams.set("name", name);
  location.assign(address);
}

function setCell(input, column, value) {
  const cell = input.closest("tr, form")?.querySelector(`[data-column="${CSS.escape(column)}"], [data-field="${CSS.escape(column)}"]`);
  const target = cell?.querySelector("input:not([type=hidden]), select, textarea");
  if (!target) return;
  if (cell.hasAttribute("data-optional") && (value.id ?? value)) cell.closest("[data-lines]").setAttribute("data-optional-shown", "");
  if (target.matches("[data-combobox]")) {
    target.readOnly = Boolean(value.off);
    return fill(target, value.id, label(value));
  }
  target.value = value;
  target.dispatchEvent(new Event("input", { bubbles: true }));
}

/** Find what a text means and take it; else the text stays and is marked. Tells whether it was found. */
export async function resolve(input, text) {
  const items = await ask(input.dataset.url, { ...beside(input), q: text }).catch(() => []);
  const means = (item) => [item.code, item.name, label(item)].includes(text) || (item.code && text.startsWith(`${item.code} `));
  const found = items.find(means) ?? (items.length === 1 ? items[0] : null);
  if (found) take(input, found);
  else {
    fill(input, "", text);
    input.setAttribute("aria-invalid", "true");
  }
  return Boolean(found);
}

on("input", "[data-combobox]", (event, input) => {
  clearTimeout(input.timer);
  parts(input).root.toggleAttribute("data-empty", !input.value);
  input.timer = setTimeout(() => suggest(input), WAIT);
});
on("focusin", "[data-combobox]", (event, input) => { input.dataset.text = input.value; input.select(); });
on("click", "[data-combobox]", (event, input) => { if (open?.input !== input) suggest(input, true); });
on("click", "[data-combo-open]", (event, arrow) => {
  const input = arrow.closest("[data-combo]").querySelector("[data-combobox]");
  input.focus();
  open?.input === input ? close() : suggest(input, true);
});
on("click", "[data-combo-clear]", (event, button) => {
  const input = button.closest("[data-combo]").querySelector("[data-combobox]");
  fill(input, "", "");
  input.focus();
});
on("focusout", "[data-combobox]", (event, input) => {
  clearTimeout(input.timer);
  const typed = input.value.trim();
  const exact = open?.input === input && open.items.filter((item) => item.code === typed || item.name === typed || label(item) === typed);
  if (open?.input === input) close();
  if (typed === (input.dataset.text ?? "").trim()) return;
  if (!typed) fill(input, "", "");
  else if (exact?.length === 1) put(input, exact[0]);
  else input.value = input.dataset.text ?? "";
});

const keys = {
  ArrowDown: (input, shown, lines, at) => (shown ? mark(lines[(at + 1) % lines.length] ?? null) : suggest(input, true)),
  ArrowUp: (input, shown, lines, at) => shown && mark(lines[(at - 1 + lines.length) % lines.length] ?? null),
  Escape: (input, shown) => { if (!shown) return false; close(); input.value = input.dataset.text ?? ""; },
  Tab: (input, shown) => { if (shown && open.active && input.value && input.value !== input.dataset.text) choose(open.active); return false; },
  Enter(input, shown) {
    if (shown && open.active) { choose(open.active); return !input.closest("[data-lines]"); }
    if (!input.value || input.value === input.dataset.text) return false;
    clearTimeout(input.timer);
    suggest(input);
  },
};
on("keydown", "[data-combobox]", (event, input) => {
  if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey || !(event.key in keys)) return;
  const shown = open?.input === input && open.list.matches(":popover-open");
  const lines = shown ? [...open.list.querySelectorAll("[role=option]")] : [];
  if (keys[event.key](input, shown, lines, lines.indexOf(open?.active)) !== false) event.preventDefault();
}, true);
document.addEventListener("scroll", (event) => { if (open && !open.list.contains(event.target)) show(); }, true);
addEventListener("resize", close);
