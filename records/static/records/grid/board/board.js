// Records as cards in columns, one for each option of a field; cards are moved by dragging and by keys.
import { button, byId, make } from "../dom.js";
import { clauseOf, groupText, inOrder, keyOf, mayDivide, narrowed } from "../grouping/narrowing.js";
import { counted } from "../messages.js";
import { rowOf } from "../table.js";
import { toneOf } from "../values.js";
import { cardContent, cardOf } from "./card.js";
import { Moving } from "./moving.js";

const SIZE = 20; // cards of a column that are fetched at once
const MARKED = 20000; // milliseconds that a card shows that others have changed it

export class Board {
  constructor(app) {
    this.app = app;
    this.element = byId("board");
    this.columns = [];
    this.loads = 0;
    this.cards = new Map();
    this.moving = new Moving(app, this);
    this.element.addEventListener("keydown", (event) => this.key(event));
    this.element.addEventListener("click", (event) => this.clicked(event));
    this.element.addEventListener("focusin", (event) => this.activate(event.target.closest(".board-card")));
    this.element.addEventListener("dragstart", (event) => this.dragged(event));
  }

  get field() {
    return this.app.fields?.get(this.app.state.board);
  }

  get isOn() {
    return Boolean(this.field);
  }

  // ---------------------------------------------------------------- loading

  /** Fetches the counts of all columns, and the first cards of each; returns how many records there are. */
  async load() {
    const { field } = this;
    const number = ++this.loads;
    const counts = await this.counts();
    if (number !== this.loads || !this.isOn) return 0;
    const others = [...counts.values()].map((each) => each.value).filter((value) => value && !field.options.some((option) => option.id === value.id));
    const columns = inOrder(field, [...field.options, ...others, null].map((value) => ({ value, key: keyOf(value) })))
      .map((column) => this.column({ ...column, count: counts.get(column.key)?.count || 0 }));
    this.cards.clear();
    this.columns = columns;
    await Promise.all(columns.filter((column) => column.count).map((column) => this.more(column)));
    if (number !== this.loads) return 0;
    this.element.replaceChildren(...columns.map((column) => column.element));
    this.activate(this.element.querySelector(".board-card"));
    return columns.reduce((sum, column) => sum + column.count, 0);
  }

  column(column) {
    const { field } = this;
    const text = groupText(field, "", column.value);
    const list = make("ul", { class: "board-cards" });
    const count = make("span", { class: "grid-subtle" });
    const more = button("Show more", () => this.further(made), { hidden: true });
    const head = make("h2", {}, make("span", { class: column.value ? `grid-chip ${toneOf(field, column.value)}` : "grid-chip" }, text), count);
    const element = make("section", { class: "board-column", "aria-label": text }, head, list, more);
    const made = { ...column, text, element, list, cursor: null, loaded: 0, told: count, button: more };
    this.listen(made);
    this.tell(made);
    return made;
  }

  listen(column) {
    const { element } = column;
    element.addEventListener("dragover", (event) => {
      if (!this.dragging) return;
      event.preventDefault();
      element.classList.add("board-over");
    });
    element.addEventListener("dragleave", (event) => { if (!element.contains(event.relatedTarget)) element.classList.remove("board-over"); });
    element.addEventListener("drop", (event) => {
      event.preventDefault();
      element.classList.remove("board-over");
      if (this.dragging) this.moving.move(this.dragging, column);
      this.dragging = "";
    });
  }

  /** Fetches the next cards of a column. */
  async more(column) {
    const { state, api, table } = this.app;
    const body = { ...state.body([...table.fieldNames(), this.field.name], SIZE, column.cursor), count: "none" };
    const { content } = await api.search({ ...narrowed(body, clauseOf(this.field, "", column.value)) });
    column.cursor = content.next_cursor;
    for (const record of content.results) if (!this.cards.has(record.id)) this.add(rowOf(record), column);
    this.tell(column);
  }

  async further(column) {
    const last = column.list.lastElementChild;
    column.button.disabled = true;
    try {
      await this.more(column);
      (last?.nextElementSibling || last)?.focus();
    } catch (refusal) {
      this.app.note(`More could not be loaded. ${refusal.message}`);
    }
    column.button.disabled = false;
  }

  add(row, column) {
    const element = cardOf(this.app, row, this.field);
    this.cards.set(row.id, { row, element, column });
    column.list.append(element);
  }

  tell(column) {
    const rest = column.count - column.list.children.length;
    column.told.textContent = ` ${column.count.toLocaleString("en")}`;
    column.told.setAttribute("aria-label", counted(column.count, "record"));
    column.button.hidden = !column.cursor;
    column.button.textContent = `Show more of ${rest.toLocaleString("en")}`;
  }

  // ---------------------------------------------------------------- changing

  /** Puts a card into a column before another card, or at its end; the focus stays on it. */
  put(card, column, next) {
    const isFocused = document.activeElement === card.element;
    if (card.column !== column) {
      card.column.count -= 1;
      column.count += 1;
    }
    const before = card.column;
    card.column = column;
    column.list.insertBefore(card.element, next);
    this.tell(before);
    this.tell(column);
    if (isFocused) card.element.focus();
    card.element.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  /** Shows a record as it is now, where it is now. */
  show(record) {
    const card = this.cards.get(record.id);
    if (!card) return;
    const isNews = card.row.version !== record.version;
    card.row = rowOf(record);
    if (isNews) this.app.figures.later();
    card.element.replaceChildren(...cardContent(this.app, card.row, this.field));
    const column = this.columns.find((each) => each.key === keyOf(card.row[this.field.id]));
    if (column && column !== card.column) this.put(card, column, column.list.firstElementChild);
  }

  /** Fetches records again and shows them, as the table does with rows. */
  async refresh(ids, { isTheirs = false } = {}) {
    const known = ids.filter((id) => this.cards.has(id));
    if (!known.length) return;
    const { content } = await this.app.api.records(known, [...this.app.table.fieldNames(), this.field.name]);
    for (const record of content.results) {
      this.show(record);
      if (isTheirs) this.mark(this.cards.get(record.id).element);
    }
    for (const id of content.missing.ids) this.remove(id);
  }

  /** Counts the columns again after records have changed: those that are not loaded move too. */
  async recount() {
    const number = this.loads;
    const counts = await this.counts().catch(() => null);
    if (!counts || number !== this.loads) return;
    for (const column of this.columns) {
      column.count = counts.get(column.key)?.count || 0;
      this.tell(column);
    }
  }

  /** How many records each column has, by its key, with the column's value. */
  async counts() {
    const by = [{ field: this.field.name, as: "key" }];
    const { content } = await this.app.api.aggregate({ ...this.app.state.found(), group_by: by, aggregate: [{ function: "count", as: "records" }], page_size: 1000 });
    return new Map(content.results.map(({ group, records }) => [keyOf(group.key), { value: group.key, count: records }]));
  }

  mark(element) {
    element.classList.add("board-theirs");
    setTimeout(() => element.classList.remove("board-theirs"), MARKED);
  }

  remove(id) {
    const card = this.cards.get(id);
    if (!card) return;
    this.cards.delete(id);
    card.element.remove();
    card.column.count -= 1;
    this.tell(card.column);
    this.app.table.count -= 1;
    this.app.table.tell();
  }

  // ---------------------------------------------------------------- pointer and keys

  dragged(event) {
    const element = event.target.closest?.(".board-card");
    if (!element) return;
    this.dragging = element.dataset.record;
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", element.querySelector(".board-name").textContent);
    element.addEventListener("dragend", () => { this.dragging = ""; }, { once: true });
  }

  clicked(event) {
    const element = event.target.closest(".board-card");
    if (element) this.app.openRecord(element.dataset.record);
  }

  /** Makes a card the one that Tab leads to. */
  activate(element) {
    if (!element) return;
    this.element.querySelector('.board-card[tabindex="0"]')?.setAttribute("tabindex", "-1");
    element.setAttribute("tabindex", "0");
    this.app.panel.follow(element.dataset.record);
  }

  key(event) {
    const element = event.target.closest(".board-card");
    if (!element) return;
    const card = this.cards.get(element.dataset.record);
    const aside = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (aside && (event.ctrlKey || event.metaKey)) this.moveAside(card, aside);
    else if (aside) this.focusAside(card, aside);
    else if (event.key === "ArrowDown") element.nextElementSibling?.focus();
    else if (event.key === "ArrowUp") element.previousElementSibling?.focus();
    else if (event.key === "Home") card.column.list.firstElementChild.focus();
    else if (event.key === "End") card.column.list.lastElementChild.focus();
    else if (event.key === "Enter" || event.key === " ") this.app.openRecord(card.row.id);
    else if (event.key === "F6" && this.app.panel.isOpen) this.app.panel.focus("");
    else return;
    event.preventDefault();
  }

  moveAside(card, by) {
    const column = this.columns[this.columns.indexOf(card.column) + by];
    if (column) this.moving.move(card.row.id, column);
  }

  focusAside(card, by) {
    const at = [...card.column.list.children].indexOf(card.element);
    for (let place = this.columns.indexOf(card.column) + by; this.columns[place]; place += by) {
      const { children } = this.columns[place].list;
      if (children.length) {
        children[Math.min(at, children.length - 1)].focus();
        return;
      }
    }
  }

  // ---------------------------------------------------------------- order and view

  /** The records from the first column's first card to the last one's last. */
  ids() {
    return this.columns.flatMap((column) => [...column.list.children].map((element) => element.dataset.record));
  }

  focus(id) {
    (this.cards.get(id)?.element || this.element.querySelector(".board-card"))?.focus();
  }

  /** Shows or hides the board, and what belongs to the grid alone. */
  display() {
    const { state, fields } = this.app;
    const offered = [...fields.values()].filter(mayDivide);
    byId("kind").replaceChildren(make("option", { value: "" }, "Grid"), ...offered.map((field) => make("option", { value: field.name }, `Board by ${field.label}`)));
    byId("kind").value = state.board;
    this.element.hidden = !this.isOn;
    for (const id of ["table", "group", "density"]) byId(id).hidden = this.isOn;
    document.querySelector(".grid-skip").setAttribute("href", this.isOn ? "#board" : "#table");
    if (!this.isOn) this.element.replaceChildren();
  }
}
