/** The grid in which a school answers: arrow keys, cells pasted from Excel, rows added and removed. Works without it. */

const CELL = "input[name^='c-'], select[name^='c-']";

/** @param {HTMLElement} row */
const cellsOf = (row) => [...row.querySelectorAll("td")].map((cell) => cell.querySelector(CELL));

/** @param {HTMLTableElement} table */
const rowsOf = (table) => [...table.tBodies[0].rows];

/** Set a cell as if somebody had typed it; a choice only where it is offered. */
function fill(control, text) {
  const value = text.trim();
  if (control instanceof HTMLSelectElement) {
    const option = [...control.options].find((each) => each.text === value);
    if (!option && value) return;
    control.value = option ? option.value : "";
  } else {
    control.value = value;
  }
  control.dispatchEvent(new Event("input", { bubbles: true }));
}

let added = 0;

/** Add an empty row that looks like the last one. */
function grow(table) {
  const last = table.tBodies[0].rows[table.tBodies[0].rows.length - 1];
  const row = last.cloneNode(true);
  added += 1;
  const name = `a${added}`;
  row.dataset.row = name;
  row.querySelectorAll(".invalid-feedback, .form-hint").forEach((each) => each.remove());
  for (const control of row.querySelectorAll(CELL)) {
    const place = control.name.split("-").pop();
    control.name = `c-${name}-${place}`;
    control.id = control.name;
    control.value = "";
    control.classList.remove("is-invalid");
    control.removeAttribute("aria-describedby");
  }
  table.tBodies[0].append(row);
  number(table);
  mountRemove(table, row);
  return row;
}

/** Number the rows anew, for the eye and for screen readers. */
function number(table) {
  rowsOf(table).forEach((row, index) => {
    const head = row.querySelector("th");
    if (head?.firstChild?.nodeType === Node.TEXT_NODE) head.firstChild.nodeValue = String(index + 1);
  });
}

function mountRemove(table, row) {
  const button = row.querySelector("[data-remove]");
  if (!button) return;
  button.hidden = false;
  button.addEventListener("click", () => {
    if (rowsOf(table).length === 1) {
      row.querySelectorAll(CELL).forEach((control) => fill(control, ""));
      return;
    }
    const next = row.nextElementSibling ?? row.previousElementSibling;
    row.remove();
    number(table);
    table.dispatchEvent(new Event("input", { bubbles: true }));
    next?.querySelector(CELL)?.focus();
  });
}

/** Spread what was copied in Excel over the cells to the right and below. */
function paste(event, table) {
  const start = event.target.closest(CELL);
  const text = event.clipboardData?.getData("text/plain") ?? "";
  if (!start || !/[\t\n]/.test(text.replace(/\r?\n$/, ""))) return;
  event.preventDefault();
  const lines = text.replace(/\r\n?/g, "\n").replace(/\n$/, "").split("\n");
  const first = rowsOf(table).indexOf(start.closest("tr"));
  const column = cellsOf(start.closest("tr")).indexOf(start);
  lines.forEach((line, down) => {
    let row = rowsOf(table)[first + down];
    if (!row && "grows" in table.dataset) row = grow(table);
    if (!row) return;
    const cells = cellsOf(row);
    line.split("\t").forEach((value, right) => {
      const control = cells[column + right];
      if (control) fill(control, value);
    });
  });
}

/** Up, down and Enter move within the column; left and right at the end of the text move within the row. */
function move(event, table) {
  const control = event.target.closest(CELL);
  if (!control || event.isComposing || event.altKey || event.ctrlKey || event.metaKey) return;
  const isSelect = control instanceof HTMLSelectElement;
  const step = { ArrowDown: [1, 0], Enter: [event.shiftKey ? -1 : 1, 0], ArrowUp: [-1, 0], ArrowRight: [0, 1], ArrowLeft: [0, -1] }[event.key];
  if (!step || (isSelect && event.key !== "Enter")) return;
  const [down, right] = step;
  if (right && !isSelect) {
    const { selectionStart: from, selectionEnd: to, value } = control;
    const edge = right > 0 ? value.length : 0;
    const whole = from === 0 && to === value.length;
    if (!whole && (from !== edge || to !== edge)) return;
  }
  const rows = rowsOf(table);
  const row = rows.indexOf(control.closest("tr"));
  const column = cellsOf(rows[row]).indexOf(control);
  if (event.key === "Enter") event.preventDefault();
  for (let r = row + down, c = column + right; rows[r] && c >= 0 && c < cellsOf(rows[r]).length; r += down, c += right) {
    const next = cellsOf(rows[r])[c];
    if (next) {
      event.preventDefault();
      next.focus();
      if (next instanceof HTMLInputElement) next.select();
      return;
    }
  }
}

function mountTable(table) {
  table.addEventListener("paste", (event) => paste(event, table));
  table.addEventListener("keydown", (event) => move(event, table));
  if (!("grows" in table.dataset)) return;
  rowsOf(table).forEach((row) => mountRemove(table, row));
  const more = table.closest("form")?.querySelector("[data-more]");
  more?.addEventListener("click", (event) => {
    event.preventDefault();
    grow(table).querySelector(CELL)?.focus();
  });
}

/** Send all cells as one text: a long list has more fields than a form may have. */
function pack(form) {
  const rows = new Map();
  for (const control of form.querySelectorAll(CELL)) {
    const [, row, place] = control.name.split("-");
    if (!rows.has(row)) rows.set(row, []);
    rows.get(row).push([Number(place), control.value]);
    control.disabled = true;
  }
  const packed = document.createElement("input");
  packed.type = "hidden";
  packed.name = "grid";
  packed.value = JSON.stringify([...rows]);
  form.append(packed);
}

function mountForm(form) {
  let changed = false;
  form.addEventListener("input", () => {
    changed = true;
  });
  form.addEventListener("keydown", (event) => {
    // Enter in a single cell must not send the whole answer.
    if (event.key === "Enter" && event.target.matches(CELL)) event.preventDefault();
  });
  form.addEventListener("submit", (event) => {
    if (event.defaultPrevented) return;
    changed = false;
    pack(form);
  });
  window.addEventListener("beforeunload", (event) => {
    if (changed) event.preventDefault();
  });
  window.addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    form.querySelector("input[name=grid]")?.remove();
    form.querySelectorAll(CELL).forEach((control) => {
      control.disabled = false;
    });
  });
}

document.querySelectorAll("table[data-grid]").forEach(mountTable);
document.querySelectorAll("form[data-grid-form]").forEach(mountForm);
