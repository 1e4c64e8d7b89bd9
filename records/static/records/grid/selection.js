// The cell that keys act on, and the block of cells around it; the keys themselves.
import { byId, make } from "./dom.js";
import { counted } from "./messages.js";

const ARROWS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
const PAGE_ROWS = 20;

const limited = (number, most) => Math.max(0, Math.min(number, most));

export class Selection {
  constructor(app) {
    this.app = app;
    this.at = null; // { row, column }: places; the far corner of the block is `to`
    this.to = null;
    this.painted = [];
  }

  /** Listens to the table, once that is there. */
  start() {
    const { element } = this.app.table;
    this.holder = element;
    element.tabIndex = 0;
    this.bubble = make("div", { id: "cell-problem", class: "grid-bubble", role: "alert", hidden: true });
    byId("frame").append(this.bubble);
    // What is focused is the grid; the part of it that scrolls has no role, and no name.
    element.querySelector(".tabulator-tableholder").removeAttribute("tabindex");
    element.setAttribute("aria-label", this.app.config.label);
    element.setAttribute("aria-multiselectable", "true");
    element.addEventListener("keydown", (event) => this.key(event));
    element.addEventListener("focus", () => { if (!this.at && this.app.table.rows.length) this.go(0, 0); });
    element.addEventListener("pointerdown", (event) => this.pressed(event));
    element.addEventListener("pointerover", (event) => { if (this.drags && event.buttons === 1) this.extendTo(this.placeOf(event.target)); });
    element.addEventListener("pointerup", () => { this.drags = false; });
    element.addEventListener("dblclick", (event) => { if (this.placeOf(event.target)) this.app.editing.open(); });
  }

  pressed(event) {
    const place = this.placeOf(event.target);
    if (!place || event.button !== 0 || event.target.closest("input, a, button, .grid-editor")) return;
    event.preventDefault();
    this.app.editing.commit();
    if (event.shiftKey && this.at) this.extendTo(place);
    else this.go(place.row, place.column);
    this.drags = true;
    this.focus();
  }

  focus() {
    this.holder.focus({ preventScroll: true });
  }

  placeOf(target) {
    const element = target.closest(".tabulator-cell");
    const rowElement = target.closest(".tabulator-row");
    if (!element || !rowElement) return null;
    const row = this.app.table.rows.findIndex((each) => each.getElement() === rowElement);
    const column = this.app.table.columns().findIndex((each) => each.getField() === element.getAttribute("tabulator-field"));
    return row < 0 || column < 0 ? null : { row, column };
  }

  clear() {
    this.at = this.to = null;
    this.paint();
  }

  /** Goes on after rows or columns have come or gone. */
  kept() {
    const { rows } = this.app.table;
    if (this.at && !rows.length) this.at = this.to = null;
    for (const place of [this.at, this.to]) {
      if (!place) continue;
      place.row = limited(place.row, rows.length - 1);
      place.column = limited(place.column, this.app.table.columns().length - 1);
    }
    this.paint();
  }

  go(row, column) {
    const { table } = this.app;
    this.at = { row: limited(row, table.rows.length - 1), column: limited(column, table.columns().length - 1) };
    this.to = { ...this.at };
    this.reveal(this.at);
    this.paint();
    const active = table.rows[this.at.row];
    if (active) this.app.panel.follow(active.getIndex());
  }

  extendTo(place) {
    if (!place || !this.at) return;
    this.to = place;
    this.reveal(place);
    this.paint();
  }

  reveal({ row, column }) {
    const { table } = this.app;
    const shownRow = table.rows[row];
    if (!shownRow) return;
    const holder = this.holder.querySelector(".tabulator-tableholder").getBoundingClientRect();
    const element = shownRow.getElement();
    const box = element.getBoundingClientRect();
    if (!element.isConnected || box.top < holder.top || box.bottom > holder.bottom - 14) {
      table.tabulator.scrollToRow(shownRow, box.top < holder.top && element.isConnected ? "top" : "center", false).catch(() => {});
    }
    const shownColumn = table.columns()[column];
    if (column > 0) table.tabulator.scrollToColumn(shownColumn, "middle", false).catch(() => {});
  }

  /** The corners of the block: first and last row and column. */
  block() {
    if (!this.at) return null;
    const [top, bottom] = [this.at.row, this.to.row].sort((one, other) => one - other);
    const [left, right] = [this.at.column, this.to.column].sort((one, other) => one - other);
    return { top, bottom, left, right };
  }

  /** The row and the field of the active cell. */
  current() {
    if (!this.at) return null;
    const row = this.app.table.rows[this.at.row];
    const column = this.app.table.columns()[this.at.column];
    return row && column ? { row, field: this.app.byId.get(column.getField()) } : null;
  }

  cellElement() {
    const current = this.current();
    const cell = current && current.row.getCell(current.field.id);
    return cell ? cell.getElement() : null;
  }

  paint() {
    for (const element of this.painted) {
      element.classList.remove("grid-picked", "grid-active");
      element.removeAttribute("aria-selected");
      if (element.id === "active-cell") element.removeAttribute("id");
    }
    this.painted = [];
    const block = this.block();
    if (this.bubble) this.bubble.hidden = true;
    if (!block || !this.holder) return;
    const columns = this.app.table.columns().slice(block.left, block.right + 1);
    const rows = this.app.table.rows.slice(block.top, block.bottom + 1).filter((row) => row.getElement().isConnected);
    for (const row of rows) {
      for (const column of columns) {
        const cell = row.getCell(column);
        if (!cell) continue; // the columns are just being made
        const element = cell.getElement();
        element.classList.add("grid-picked");
        element.setAttribute("aria-selected", "true");
        this.painted.push(element);
      }
    }
    const active = this.cellElement();
    if (active && active.isConnected) {
      active.classList.add("grid-active");
      active.id = "active-cell";
      if (!this.painted.includes(active)) this.painted.push(active);
      this.holder.setAttribute("aria-activedescendant", "active-cell");
    }
    this.tellProblem(active);
    const cells = (block.bottom - block.top + 1) * (block.right - block.left + 1);
    byId("picked").textContent = cells > 1 ? `${counted(cells, "cell")} selected` : "";
  }

  /** Why what was typed into the active cell is not stored, below it. */
  tellProblem(active) {
    const current = this.current();
    const problem = current && this.app.saving.pendingAt(current.row.getIndex(), current.field.id)?.problem;
    this.bubble.hidden = !problem || !active?.isConnected;
    if (this.bubble.hidden) return;
    active.setAttribute("aria-describedby", "cell-problem");
    this.bubble.textContent = `${problem} Enter to change it, Escape to drop it.`;
    const box = active.getBoundingClientRect();
    const around = this.holder.getBoundingClientRect();
    this.bubble.style.left = `${Math.max(0, Math.min(box.left - around.left, around.width - 320))}px`;
    this.bubble.style.top = `${box.bottom - around.top + 2}px`;
  }

  // ---------------------------------------------------------------- keys

  key(event) {
    if (event.target.closest(".grid-editor, .grid-figure, .grid-across") || event.defaultPrevented) return;
    const done = (event.ctrlKey || event.metaKey) ? this.commandKey(event) : this.plainKey(event);
    if (done) event.preventDefault();
  }

  commandKey(event) {
    const key = event.key.toLowerCase();
    if (ARROWS[event.key]) return this.move(event, ARROWS[event.key].map((by) => by * Number.MAX_SAFE_INTEGER));
    if (key === "home") return this.move(event, [-Number.MAX_SAFE_INTEGER, -Number.MAX_SAFE_INTEGER]);
    if (key === "end") return this.move(event, [Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER]);
    if (key === "enter") return this.openRecord();
    if (key === ".") return this.toHeading();
    if (key === "d") return this.app.clipboard.fillDown();
    if (key === "a") return this.all();
    return false;
  }

  plainKey(event) {
    if (ARROWS[event.key]) return this.move(event, ARROWS[event.key]);
    const acts = {
      PageUp: () => this.move(event, [-PAGE_ROWS, 0]),
      PageDown: () => this.move(event, [PAGE_ROWS, 0]),
      Home: () => this.move(event, [0, -Number.MAX_SAFE_INTEGER]),
      End: () => this.move(event, [0, Number.MAX_SAFE_INTEGER]),
      Tab: () => this.tab(event.shiftKey ? -1 : 1),
      Enter: () => this.app.editing.open(),
      F2: () => this.app.editing.open(),
      Escape: () => this.escape(),
      Delete: () => this.app.clipboard.clear(),
      Backspace: () => this.app.clipboard.clear(),
      " ": () => this.space(event.shiftKey),
      F6: () => this.app.panel.isOpen && this.app.panel.focus(""),
    };
    if (acts[event.key]) return acts[event.key]() !== false;
    if (event.key.length !== 1 || event.altKey || event.key === "?" || event.key === "/") return false;
    return this.app.editing.open(event.key) !== false;
  }

  toHeading() {
    this.app.groups.focus();
    return true;
  }

  move(event, [down, right]) {
    if (!this.at) return false;
    const from = event.shiftKey ? this.to : this.at;
    const row = limited(from.row + down, this.app.table.rows.length - 1);
    const column = limited(from.column + right, this.app.table.columns().length - 1);
    if (event.shiftKey) this.extendTo({ row, column });
    else this.go(row, column);
    return true;
  }

  /** To the next cell, on to the next row; the first and the last cell let the focus leave the table. */
  tab(by) {
    if (!this.at) return false;
    const columns = this.app.table.columns().length;
    const next = this.at.row * columns + this.at.column + by;
    if (next < 0 || next >= this.app.table.rows.length * columns) return false;
    this.go(Math.floor(next / columns), next % columns);
    return true;
  }

  /** Opens the record beside the grid; switches a yes/no cell; with Shift ticks the row. */
  space(ticks) {
    const current = this.current();
    if (!current) return;
    const { row, field } = current;
    const id = row.getIndex();
    if (!ticks && field.control === "boolean" && field.editable && row.getData().mayEdit) {
      this.app.saving.save(id, field, { value: row.getData()[field.id] !== true });
      return;
    }
    if (!ticks) {
      this.app.openRecord(id);
      return;
    }
    this.app.table.tick(id, !this.app.table.ticked.has(id));
    this.app.table.repaint(id);
  }

  escape() {
    const current = this.current();
    if (current && this.app.saving.drop(current.row.getIndex(), current.field.id)) return;
    if (this.at) this.go(this.at.row, this.at.column);
  }

  all() {
    this.at = { row: 0, column: 0 };
    this.to = { row: this.app.table.rows.length - 1, column: this.app.table.columns().length - 1 };
    this.paint();
    return true;
  }

  openRecord() {
    const current = this.current();
    if (current) location.assign(`${this.app.config.recordUrl}${current.row.getIndex()}/`);
    return true;
  }
}
