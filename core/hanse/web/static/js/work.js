// Work on records: how much is unread, whether a list is starred, and colleagues offered behind an @ in a comment.
import { announce, ask, make, marked, on, ready, word } from "./dom.js";

// The bell
async function ring() {
  const bell = document.querySelector("[data-bell]");
  if (!bell) return;
  const star = document.querySelector("[data-star-list]");
  try {
    const { unread, starred } = await ask(bell.dataset.bell, star ? { list: star.dataset.starList } : {});
    const count = bell.querySelector("[data-bell-count]");
    count.textContent = unread;
    count.hidden = !unread;
    if (star?.isConnected) star.querySelector("button").setAttribute("aria-pressed", Boolean(starred));
  } catch { /* the page is as good without the number, and the next one asks again */ }
}
ring();

// Mentions: a list under the text, as the comboboxes have one.
const WAIT = 140;
const CALL = /(?:^|[^\p{L}\p{N}_.@])@([\p{L}\p{N}_.-]*)$/u;
let open = null;
let count = 0;

/** What stands between the @ before the caret and the caret; none where no @ calls anybody. */
function called(text) {
  const found = text.selectionStart === text.selectionEnd && CALL.exec(text.value.slice(0, text.selectionStart));
  return found ? found[1] : null;
}

async function suggest(text) {
  const wanted = called(text);
  if (wanted === null) return close();
  if (open?.text !== text) { close(); open = { text, list: popup(text), active: null }; }
  const mine = open;
  mine.request?.abort();
  mine.request = new AbortController();
  try {
    const people = await ask(text.dataset.mentionUrl, { q: wanted }, mine.request.signal);
    if (open === mine && document.activeElement === text) draw(people, wanted);
  } catch (error) {
    if (error.name !== "AbortError" && open === mine) close();
  }
}

function popup(text) {
  const list = make("div", "hz-mentions");
  list.id = `hz-mentions-${++count}`;
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", word("results"));
  list.popover = "manual";
  list.addEventListener("pointerdown", (event) => event.preventDefault());
  list.addEventListener("click", (event) => choose(event.target.closest("[role=option]")));
  text.after(list);
  return list;
}

function draw(people, wanted) {
  if (!people.length) return close();
  const { list, text } = open;
  list.replaceChildren(...people.map((person, at) => {
    const one = make("div", "hz-option");
    one.id = `${list.id}-${at}`;
    one.setAttribute("role", "option");
    const name = make("span", "hz-option__name");
    marked(name, person.name, wanted);
    one.append(name, make("span", "hz-option__hint", `@${person.login}`));
    one.login = person.login;
    return one;
  }));
  if (!list.matches(":popover-open")) list.showPopover();
  const box = text.getBoundingClientRect();
  const above = innerHeight - box.bottom < 200 && box.top > innerHeight - box.bottom;
  list.style.width = `${Math.min(Math.max(box.width, 220), 360, innerWidth - 16)}px`;
  list.style.maxHeight = `${Math.min(280, (above ? box.top : innerHeight - box.bottom) - 12)}px`;
  list.style.left = `${Math.max(8, Math.min(box.left, innerWidth - list.offsetWidth - 8))}px`;
  list.style.top = above ? "auto" : `${box.bottom + 3}px`;
  list.style.bottom = above ? `${innerHeight - box.top + 3}px` : "auto";
  text.setAttribute("aria-controls", list.id);
  mark(list.firstElementChild);
  announce(word("options", { n: people.length }));
}

function mark(one) {
  open.active?.removeAttribute("aria-selected");
  open.active = one;
  one.setAttribute("aria-selected", "true");
  one.scrollIntoView({ block: "nearest" });
  open.text.setAttribute("aria-activedescendant", one.id);
}

function close() {
  if (!open) return;
  const { text, list, request } = open;
  open = null;
  request?.abort();
  list.remove();
  text.removeAttribute("aria-controls");
  text.removeAttribute("aria-activedescendant");
}

function choose(one) {
  if (!one || !open) return;
  const { text } = open;
  const start = text.selectionStart - called(text).length;
  close();
  text.setRangeText(`${one.login} `, start, text.selectionStart, "end");
  text.focus();
}

on("input", "[data-mention-url]", (event, text) => {
  clearTimeout(text.timer);
  if (called(text) === null) return close();
  text.timer = setTimeout(() => suggest(text), WAIT);
});
on("focusout", "[data-mention-url]", close);
on("click", "[data-mention-url]", (event, text) => { if (open && called(text) === null) close(); });
on("keydown", "[data-mention-url]", (event) => {
  if (event.isComposing || event.altKey) return;
  if ((event.ctrlKey || event.metaKey) && event.key === "Enter") {
    event.preventDefault();
    event.target.form.requestSubmit();
    return;
  }
  if (!open?.active || event.ctrlKey || event.metaKey) return;
  const lines = [...open.list.children];
  const at = lines.indexOf(open.active);
  if (event.key === "ArrowDown") mark(lines[(at + 1) % lines.length]);
  else if (event.key === "ArrowUp") mark(lines.at(at - 1));
  else if (event.key === "Enter" || event.key === "Tab") choose(open.active);
  else if (event.key === "Escape") close();
  else return;
  event.preventDefault();
}, true);
document.addEventListener("scroll", (event) => { if (open && !open.list.contains(event.target)) close(); }, true);
addEventListener("resize", close);
ready(() => { if (open && !open.text.isConnected) close(); });
