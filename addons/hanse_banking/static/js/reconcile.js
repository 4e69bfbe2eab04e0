// Both sides of a bank account: what is chosen adds up, arrows go through the rows, and the other side is one key away.
import { PLACES, format } from "../../js/amounts.js";
import { on, ready } from "../../js/dom.js";

const UNIT = 10n ** BigInt(PLACES);
const form = () => document.querySelector("form[data-reconcile]");
const boxes = (side) => [...form().querySelectorAll(`[data-side="${side}"] input[type=checkbox]`)];

/** The units of an amount as the server writes it: "-1234.5". */
function units(text) {
  const [, sign, whole, fraction = ""] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text) ?? [, "", "0"];
  const size = BigInt(whole) * UNIT + BigInt(fraction.padEnd(PLACES, "0").slice(0, PLACES));
  return sign ? -size : size;
}

function add() {
  const page = form();
  if (!page?.querySelector("[data-difference]")) return;
  const scale = Number(page.dataset.places);
  const sums = {};
  let chosen = 0;
  for (const side of ["line", "entry"]) {
    const ticked = boxes(side).filter((box) => box.checked);
    chosen += ticked.length;
    sums[side] = ticked.reduce((sum, box) => sum + units(box.dataset.rest), 0n);
    page.querySelector(`[data-sum="${side}"]`).textContent = format(sums[side], scale);
  }
  const difference = sums.line - sums.entry;
  const output = page.querySelector("[data-difference]");
  output.textContent = format(difference, scale);
  output.toggleAttribute("data-off", difference !== 0n);
  page.querySelector("[data-match]").disabled = !chosen || difference !== 0n;
  page.querySelector("[data-partly]").disabled = difference === 0n || sums.line === 0n || sums.entry === 0n || (sums.line > 0n) !== (sums.entry > 0n);
}

/** Arrows up and down go through a side, left and right to the other one; Enter matches when both sums agree. */
function go(event, box) {
  const side = box.closest("[data-side]").dataset.side;
  const own = boxes(side);
  const at = own.indexOf(box);
  const other = boxes(side === "line" ? "entry" : "line");
  const target = { ArrowUp: own[at - 1], ArrowDown: own[at + 1], ArrowLeft: side === "entry" && other[Math.min(at, other.length - 1)],
    ArrowRight: side === "line" && other[Math.min(at, other.length - 1)] }[event.key];
  if (event.key === "Enter") {
    event.preventDefault();
    const match = form().querySelector("[data-match]");
    if (!match.disabled) form().requestSubmit(match);
  } else if (event.key.startsWith("Arrow") && !event.altKey) {
    event.preventDefault();
    if (target) { target.focus(); target.scrollIntoView({ block: "nearest" }); }
  }
}

on("change", "form[data-reconcile] input[type=checkbox]", add);
on("keydown", "form[data-reconcile] [data-side] input[type=checkbox]", go);
ready(add);
