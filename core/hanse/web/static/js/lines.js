// Inline lines: rows come from a <template>, Enter walks the cells, sums are exact, `=` balances, `//` repeats.
import { format, parse, product } from "./amounts.js";
import { fill } from "./combobox.js";
import { on, ready, visible, word } from "./dom.js";

export const CELL = "input:not([type=hidden], [type=checkbox]), select, textarea";
export const rowsOf = (lines) => [...lines.querySelectorAll("tbody > tr[data-line]")];
export const cell = (row, column) => row.querySelector(`td[data-column="${CSS.escape(column)}"]`);
export const inputOf = (row, column) => cell(row, column)?.querySelector(CELL);
const columnOf = (input) => input.closest("td")?.dataset.column;
export const headsOf = (lines, mark) => [...lines.querySelectorAll(`thead th[${mark}]`)];
const walkable = (row) => [...row.querySelectorAll(CELL)].filter((input) => visible(input) && !input.readOnly && !input.disabled);

/** The units in a cell, typed or only shown; what is no number counts as nothing. */
function amount(row, column) {
  const found = cell(row, column);
  return (found && parse(inputOf(row, column)?.value ?? found.textContent.replace(/^–$/, ""))) || 0n;
}

const sum = (rows, column) => rows.reduce((total, row) => total + amount(row, column), 0n);

/** Debit less credit of these rows. */
const gap = (lines, rows) => headsOf(lines, "data-side").reduce((total, { dataset }) =>
  (dataset.side === "debit" ? total + sum(rows, dataset.column) : total - sum(rows, dataset.column)), 0n);

function addUp(lines) {
  const rows = rowsOf(lines);
  const scale = Number(lines.dataset.scale);
  for (const { dataset } of headsOf(lines, "data-total")) {
    const total = sum(rows, dataset.total);
    const place = lines.querySelector(`[data-sum="${CSS.escape(dataset.total)}"]`);
    place.textContent = format(total, scale);
    place.classList.toggle("hz-text-bad", total < 0n);
  }
  const difference = lines.querySelector("[data-difference]");
  if (difference) {
    const left = gap(lines, rows);
    difference.dataset.balanced = left === 0n ? "yes" : "no";
    difference.textContent = left === 0n ? difference.dataset.balancedText : `${difference.dataset.label} ${format(left, scale)}`;
  }
  keepOrder(lines, rows);
}

/** The indexes of the rows in order; a new row in which nothing but repeated text stands is left out. */
function keepOrder(lines, rows) {
  const order = lines.querySelector("[data-line-order]");
  if (!order) return;
  const repeated = new Set(headsOf(lines, "data-repeat").map(({ dataset }) => dataset.column));
  const filled = (row) => row.querySelector("[name$='-id']")?.value
    || [...row.querySelectorAll(`${CELL}, [data-upload-value]`)].some((input) => !repeated.has(columnOf(input)) && input.value && input.value !== input.dataset.blank);
  order.value = rows.filter(filled).map((row) => row.dataset.line).join(",");
}

/** A new row behind another or at the end. */
export function addRow(lines, after) {
  const index = lines.dataset.next;
  lines.dataset.next = Number(index) + 1;
  const fresh = lines.querySelector("[data-line-blank]").content.cloneNode(true);
  for (const element of fresh.querySelectorAll("*")) {
    for (const attribute of element.attributes) attribute.value = attribute.value.replaceAll("__i__", index);
  }
  const row = fresh.querySelector("tr");
  const above = after ?? rowsOf(lines).at(-1);
  above ? above.after(row) : lines.querySelector("tbody").append(row);
  row.querySelectorAll("select").forEach((select) => { select.dataset.blank = select.value; });
  if (above) headsOf(lines, "data-repeat").forEach(({ dataset }) => repeat(inputOf(row, dataset.column), above));
  return row;
}

function add(lines, after) {
  const row = addRow(lines, after);
  addUp(lines);
  walkable(row)[0]?.focus();
  touched(lines);
}

/** Add up after cells were filled by something else than a person's typing. */
export function settle(lines) {
  addUp(lines);
  touched(lines);
}

function repeat(input, above) {
  const other = above && input && inputOf(above, columnOf(input));
  if (!other) return;
  if (input.matches("[data-combobox]")) fill(input, other.closest("[data-combo]").querySelector("[data-combo-value]").value, other.value);
  else input.value = other.value;
}

const previous = (row) => { const rows = rowsOf(row.closest("[data-lines]")); return rows[rows.indexOf(row) - 1]; };
const touched = (lines) => lines.dispatchEvent(new Event("input", { bubbles: true }));

function drop(row) {
  const lines = row.closest("[data-lines]");
  const rows = rowsOf(lines);
  const next = rows[rows.indexOf(row) + 1] ?? rows[rows.indexOf(row) - 1];
  if (row.nextElementSibling?.matches(".hz-lines__errorrow")) row.nextElementSibling.remove();
  row.remove();
  (next ? walkable(next)[0] : lines.querySelector("[data-line-add]"))?.focus();
  addUp(lines);
  touched(lines);
}

/** Go to the next cell; past a filled debit the credit is skipped; past the last cell comes a new row. */
function walk(input, backwards) {
  const row = input.closest("tr");
  const lines = row.closest("[data-lines]");
  const sides = new Set(headsOf(lines, "data-side").map(({ dataset }) => dataset.column));
  const cells = walkable(row);
  let at = cells.indexOf(input);
  const paid = sides.has(columnOf(input)) && input.value;
  do at += backwards ? -1 : 1; while (!backwards && paid && cells[at] && sides.has(columnOf(cells[at])));
  if (cells[at]) return focus(cells[at]);
  const rows = rowsOf(lines);
  const other = rows[rows.indexOf(row) + (backwards ? -1 : 1)];
  if (other) return focus(walkable(other).at(backwards ? -1 : 0));
  if (!backwards && lines.querySelector("[data-line-blank]")) add(lines);
}

function focus(input) {
  input?.focus();
  input?.select?.();
}

function leap(input, distance) {
  const rows = rowsOf(input.closest("[data-lines]"));
  const other = rows[rows.indexOf(input.closest("tr")) + distance];
  if (other) focus(inputOf(other, columnOf(input)));
}

/** `=`: what is missing to balance, in this cell. `*`: amount times rate. Space: the amount changes sides. */
function side(event, input, lines, head) {
  const row = input.closest("tr");
  const others = headsOf(lines, "data-side").map(({ dataset }) => dataset.column).filter((column) => column !== head.dataset.column);
  const scale = Number(lines.dataset.scale);
  if (event.key === "=") {
    others.forEach((column) => { const other = inputOf(row, column); if (other) other.value = ""; });
    input.value = "";
    const left = gap(lines, rowsOf(lines));
    input.value = format(head.dataset.side === "debit" ? -left : left, scale);
  } else if (event.key === "*") {
    const [one, other] = lines.dataset.multiply.split(" ").map((column) => amount(row, column));
    event.preventDefault();
    if (!one || !other) return;
    others.forEach((column) => { const field = inputOf(row, column); if (field) field.value = ""; });
    input.value = format(product(one, other, scale), scale);
  } else {
    const other = others.length && inputOf(row, others[0]);
    if (!other) return;
    [other.value, input.value] = [input.value, ""];
    focus(other);
  }
  event.preventDefault();
  input.dispatchEvent(new Event("input", { bubbles: true }));
}

const headOf = (lines, input) => lines.querySelector(`thead th[data-column="${CSS.escape(columnOf(input) ?? "")}"]`);

on("keydown", `[data-lines] tr[data-line] :is(${CELL})`, (event, input) => {
  if (event.defaultPrevented || event.isComposing || event.altKey) return;
  const lines = input.closest("[data-lines]");
  const head = headOf(lines, input);
  const command = event.ctrlKey || event.metaKey;
  if (event.key === "Enter") {
    event.preventDefault();
    return command ? add(lines, input.closest("tr")) : walk(input, event.shiftKey);
  }
  if (command) return;
  if (head?.dataset.side && (event.key === "=" || event.key === " " || (event.key === "*" && lines.dataset.multiply))) return side(event, input, lines, head);
  if (/^Arrow(Up|Down)$/.test(event.key) && !input.matches("select, textarea, [data-combobox], [type=date]")) {
    event.preventDefault();
    leap(input, event.key === "ArrowUp" ? -1 : 1);
  }
});

on("input", "[data-lines]", (event, lines) => {
  const input = event.target;
  const row = input.closest?.("tr[data-line]");
  if (row && input.matches(CELL)) {
    const head = headOf(lines, input);
    if (head?.hasAttribute("data-repeat") && input.value.endsWith("//")) repeat(input, previous(row));
    if (head?.dataset.side && input.value && event.isTrusted) {
      headsOf(lines, "data-side").forEach(({ dataset }) => { const other = inputOf(row, dataset.column); if (other && other !== input) other.value = ""; });
    }
  }
  addUp(lines);
});
on("change hanse:reorder", "[data-lines]", (event, lines) => {
  addUp(lines);
  if (event.type === "hanse:reorder") touched(lines);
});
on("click", "[data-line-add]", (event, button) => add(button.closest("[data-lines]")));
on("click", "[data-lines-optional]", (event, button) => button.closest("[data-lines]").toggleAttribute("data-optional-shown"));
on("click", "[data-line-drop]", (event, button) => drop(button.closest("tr")));

// Amounts everywhere, in lines or not: grouped when one leaves them, red below zero, said when they are no number.
on("focusout", "[data-amount]", (event, input) => {
  const units = parse(input.value);
  if (units === null) return input.setAttribute("aria-invalid", "true");
  input.removeAttribute("aria-invalid");
  const money = input.dataset.amount === "money";
  if (input.value.trim()) input.value = format(units, money ? Number(input.closest("[data-scale]")?.dataset.scale ?? 2) : 0);
});
on("focusout input", "[data-amount]", (event, input) => input.classList.toggle("hz-input--negative", (parse(input.value) ?? 0n) < 0n));

ready(() => {
  document.querySelectorAll("[data-lines]").forEach(addUp);
  document.querySelectorAll("[data-amount]").forEach((input) => input.classList.toggle("hz-input--negative", (parse(input.value) ?? 0n) < 0n));
});
