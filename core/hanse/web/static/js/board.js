// Boards and calendars: cards and entries moved by dragging, by the keyboard, or by the menu of a card. What the server refuses goes back.
import { announce, on, ready, word } from "./dom.js";
import { toast } from "./shell.js";

const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
const HELD = { animation: still ? 0 : 120, sort: false, delay: 160, delayOnTouchOnly: true, ghostClass: "hz-drag" };
const sortable = new WeakSet();
const lanes = () => [...document.querySelectorAll("[data-board] ul[data-lane]")];
const nameOf = (lane) => lane?.getAttribute("aria-label") ?? "";
let moving = null; // the card whose menu or question is open: {card, from, next, to}

async function send(form, fields) {
  const body = new FormData(form);
  for (const [name, value] of Object.entries(fields)) body.set(name, value);
  let answer;
  try {
    answer = await fetch(form.action, { method: "POST", body, credentials: "same-origin", headers: { Accept: "application/json", "HX-Request": "true" } });
  } catch {
    return { message: word("offline") };
  }
  if (answer.status === 401) { location.reload(); return {}; }
  try {
    return await answer.json();
  } catch {
    return { message: word("failed") };
  }
}

function prepare(list, group, onEnd) {
  if (sortable.has(list)) return;
  sortable.add(list);
  const drags = (on) => list.closest("[data-board], [data-calendar]").toggleAttribute("data-dragging", on);
  window.Sortable.create(list, {
    ...HELD, group, draggable: "[data-id]", onStart: () => drags(true), onEnd: (event) => { drags(false); onEnd(event); },
  });
}
ready(async () => {
  const boards = lanes().filter((lane) => lane.closest("[data-movable]"));
  const days = [...document.querySelectorAll("[data-calendar] ul[data-day]")];
  if (!boards.length && !days.length) return;
  await import("../vendor/sortable.min.js"); // not a module: it leaves a global behind
  boards.forEach((lane) => prepare(lane, "board", ({ item, from, to, oldDraggableIndex }) => {
    if (from === to) return;
    move({ card: item, from, next: from.querySelectorAll(":scope > [data-id]")[oldDraggableIndex] ?? from.querySelector(".hz-lane__more"), to });
  }));
  days.forEach((day) => prepare(day, "calendar", ({ item, from, to }) => { if (from !== to) shift(item, from.dataset.day, to.dataset.day, () => from.append(item)); }));
});

// Boards
const form = () => document.querySelector("[data-move-form]");
const back = ({ card, from, next }) => from.insertBefore(card, next?.parentElement === from ? next : null);

async function move(step) {
  const { card, to } = step;
  card.setAttribute("aria-busy", "true");
  settle(step, await send(form(), { id: card.dataset.id, to: to.dataset.lane }));
}

/** Show what came of a move: drawn anew, asked for more, or put back with the reason. */
function settle(step, answer) {
  const { card, to } = step;
  card.removeAttribute("aria-busy");
  if (answer.dialog) return question(step, answer.dialog);
  if (!answer.drawn) {
    back(step);
    if (answer.message) toast(answer.message, answer.tone ?? "bad");
    card.querySelector("a")?.focus();
    return;
  }
  const drawn = document.createElement("template");
  drawn.innerHTML = answer.drawn; // our own page, escaped by the server
  for (const head of drawn.content.querySelectorAll("[data-lane-head]")) {
    document.querySelector(`[data-lane-head="${CSS.escape(head.dataset.laneHead)}"]`)?.replaceWith(head);
  }
  const fresh = drawn.content.querySelector("[data-id]");
  const lane = lanes().find((one) => one.dataset.lane === answer.lane) ?? to;
  card.remove();
  if (fresh) {
    lane.prepend(fresh);
    fresh.querySelector("a")?.focus();
  }
  announce(word("moved_to", { where: nameOf(lane) }));
}

function question(step, html) {
  const drawn = document.createElement("template");
  drawn.innerHTML = html;
  document.getElementById("hz-move-ask")?.remove();
  const dialog = drawn.content.querySelector("dialog");
  document.body.append(dialog);
  moving = step;
  dialog.addEventListener("close", () => {
    dialog.remove();
    if (moving !== step) return;
    moving = null;
    back(step);
  });
  dialog.showModal();
}
on("submit", "[data-move-ask]", async (event, asked) => {
  event.preventDefault();
  const step = moving;
  if (!step) return;
  const answer = await send(asked, {});
  moving = null;
  asked.closest("dialog").close();
  settle(step, answer);
});

function open(card) {
  const dialog = document.getElementById("hz-move");
  if (!dialog) return;
  moving = { card };
  dialog.querySelector("[data-move-name]").textContent = card.querySelector("a").textContent;
  dialog.querySelectorAll("[data-move-to]").forEach((button) => {
    const here = button.dataset.moveTo === card.dataset.lane;
    button.disabled = here;
    here ? button.setAttribute("aria-current", "true") : button.removeAttribute("aria-current");
  });
  dialog.showModal();
}
on("click", "[data-move-open]", (event, button) => open(button.closest("[data-card]")));
on("click", "[data-move-to]", (event, button) => {
  const { card } = moving ?? {};
  moving = null;
  button.closest("dialog").close();
  const to = lanes().find((lane) => lane.dataset.lane === button.dataset.moveTo);
  if (card && to) carry(card, to);
});

function carry(card, to) {
  const step = { card, from: card.parentElement, next: card.nextElementSibling, to };
  if (to === step.from) return;
  to.prepend(card);
  move(step);
}

on("keydown", "[data-card]", (event, card) => {
  if (event.key.toLowerCase() === "m" && !event.altKey && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    return open(card);
  }
  if (!event.altKey || !/^Arrow(Left|Right)$/.test(event.key)) return;
  event.preventDefault();
  const all = lanes();
  const to = all[all.indexOf(card.parentElement) + (event.key === "ArrowRight" ? 1 : -1)];
  if (to && card.getAttribute("aria-busy") !== "true") carry(card, to);
});

// Calendars
async function shift(entry, from, to, undo) {
  entry.setAttribute("aria-busy", "true");
  const { id } = entry.dataset;
  const answer = await send(document.querySelector("[data-day-form]"), { id, from, to });
  entry.removeAttribute("aria-busy");
  if (answer.done) return again(id, to);
  undo();
  if (answer.message) toast(answer.message, answer.tone ?? "bad");
}

/** Draw the days anew, as they are after a move. */
async function again(id, to) {
  await window.htmx.ajax("GET", location.href, { target: "#hz-rows", select: "#hz-rows", swap: "outerHTML" });
  document.querySelector(`[data-day="${CSS.escape(to)}"] [data-id="${CSS.escape(id)}"] a`)?.focus();
  announce(word("moved_to", { where: to }));
}

const DAYS = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -7, ArrowDown: 7 };
on("keydown", "[data-calendar] .hz-entry", (event, entry) => {
  if (!event.altKey || !(event.key in DAYS) || entry.getAttribute("aria-busy") === "true") return;
  event.preventDefault();
  const from = entry.closest("[data-day]").dataset.day;
  const to = new Date(`${from}T12:00:00Z`);
  to.setUTCDate(to.getUTCDate() + DAYS[event.key]);
  shift(entry, from, to.toISOString().slice(0, 10), () => {});
});
