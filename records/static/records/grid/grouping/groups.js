// Records in groups: a heading for each group with its count, and the group's records below it, fetched as they come
// into sight. Folded groups fetch nothing.
import { byId, button, choice, make, openDialog } from "../dom.js";
import { counted, say } from "../messages.js";
import { rowOf } from "../table.js";
import { toneOf } from "../values.js";
import { clauseOf, groupText, inOrder, keyOf, mayGroup, narrowed, periodsOf } from "./narrowing.js";

const MOST_GROUPS = 500;
const SIZE = 50; // records of a group that are fetched at once
const AHEAD = 300; // pixels below the window where records are fetched already

export class Groups {
  constructor(app) {
    this.app = app;
    this.list = [];
    this.loading = false;
  }

  get field() {
    return this.app.fields.get(this.app.state.group?.field);
  }

  get isOn() {
    return Boolean(this.field) && !this.app.board.isOn;
  }

  isFolded(group) {
    const { group: asked } = this.app.state;
    return Boolean(asked.closed) !== asked.folded.includes(group.key);
  }

  // ---------------------------------------------------------------- rows

  /** The rows that the table begins with: headings, and below those of open groups a place for records. */
  async rows() {
    const answer = await this.ask();
    this.list = answer.groups.map((group, at) => ({ ...group, at }));
    if (answer.count > this.list.length) say(`The first ${counted(this.list.length, "group")} of ${answer.count.toLocaleString("en")} are shown. Filter to see others.`);
    return this.list.flatMap((group) => (this.isFolded(group) || !group.count ? [this.heading(group)] : [this.heading(group), this.rest(group)]));
  }

  /** Groups with their counts and figures. */
  async ask() {
    const { state, api, figures } = this.app;
    const { field } = this;
    const by = { field: field.name, as: "key", ...(state.group.by ? { by: state.group.by } : {}) };
    const parts = figures.requests();
    const requests = (parts.length ? parts : [[{ function: "count", as: "records" }]]).map((aggregate) => api.aggregate({
      ...state.found(), aggregate, group_by: [by], ordering: "key", page_size: MOST_GROUPS }));
    const answers = await Promise.all(requests);
    const found = new Map();
    for (const { content } of answers) {
      for (const { group, ...told } of content.results) {
        const key = keyOf(group.key);
        found.set(key, { key, value: group.key, ...found.get(key), told: { ...found.get(key)?.told, ...told } });
      }
    }
    const groups = inOrder(field, [...found.values()]).map((group) => ({ ...group, count: group.told.records }));
    return { groups, count: answers[0].content.count };
  }

  heading(group) {
    return { id: `group:${group.at}`, kind: "group", group };
  }

  rest(group) {
    return { id: `rest:${group.at}`, kind: "rest", group };
  }

  /** Draws a row that is no record. */
  draw(row) {
    const { kind, group } = row.getData();
    const element = row.getElement();
    element.classList.add(`grid-${kind}-row`);
    element.removeAttribute("aria-selected");
    for (const cell of element.querySelectorAll(".tabulator-cell")) cell.setAttribute("aria-hidden", "true");
    element.querySelector(".grid-across")?.remove();
    element.append(make("div", { class: "grid-across", role: "rowheader" }, kind === "group" ? this.headingContent(group) : this.restContent(group)));
    if (kind === "rest") this.soon();
  }

  headingContent(group) {
    const { field } = this;
    const folded = this.isFolded(group);
    const text = groupText(field, this.app.state.group.by, group.value);
    const toned = field.control === "option" && group.value;
    const figures = [...this.app.figures.texts(group.told)].map(([id, told]) => [this.app.byId.get(id), told])
      .map(([each, told]) => make("span", { class: "grid-subtle" }, `${each.label} ${this.app.figures.word(each)}: ${told}`));
    return make("span", { class: "grid-heading" },
      make("button", {
        type: "button", class: "grid-fold", tabindex: "-1", "aria-expanded": String(!folded), "data-group": String(group.at),
        onclick: () => this.fold(group), onkeydown: (event) => this.key(event, group),
      }, make("span", { class: "grid-arrow", "aria-hidden": "true" }, folded ? "▸" : "▾"),
      make("span", { class: toned ? `grid-chip ${toneOf(field, group.value)}` : "grid-group-name" }, text),
      make("span", { class: "grid-subtle" }, group.count.toLocaleString("en"))), ...figures);
  }

  restContent(group) {
    if (!group.problem) return make("span", { class: "grid-subtle grid-heading" }, "Loading…");
    return make("span", { class: "grid-heading" }, make("span", { class: "grid-bad" }, `Not loaded. ${group.problem} `),
      button("Retry", () => { group.problem = ""; this.redraw(`rest:${group.at}`); this.soon(); }));
  }

  redraw(id) {
    const row = this.app.table.others.get(id);
    if (!row) return;
    const isFocused = row.getElement().contains(document.activeElement);
    row.reformat();
    if (isFocused) row.getElement().querySelector("button")?.focus();
  }

  // ---------------------------------------------------------------- fetching

  /** Looks, once what is being drawn stands, whether records are to be fetched. */
  soon() {
    cancelAnimationFrame(this.frame);
    this.frame = requestAnimationFrame(() => this.fill());
  }

  async fill() {
    if (this.loading) return;
    this.loading = true;
    try {
      for (let group = this.inSight(); group; group = this.inSight()) await this.load(group);
    } finally {
      this.loading = false;
    }
  }

  /** The first group in sight of which records are still to come. */
  inSight() {
    if (!this.isOn) return null;
    const holder = this.app.table.element.querySelector(".tabulator-tableholder").getBoundingClientRect();
    return this.list.find((group) => {
      if (group.problem || group.isDone) return false;
      const row = this.app.table.others.get(`rest:${group.at}`);
      const element = row && row.getElement();
      if (!element?.isConnected) return false;
      const box = element.getBoundingClientRect();
      return box.bottom > holder.top && box.top < holder.bottom + AHEAD;
    });
  }

  async load(group) {
    const { table, state, api } = this.app;
    const { loads } = table;
    try {
      const body = state.body(table.fieldNames(), SIZE, group.cursor);
      const { content } = await api.search({ ...narrowed(body, clauseOf(this.field, state.group.by, group.value)), count: "none" });
      if (loads !== table.loads || !table.others.has(`rest:${group.at}`)) return;
      group.cursor = content.next_cursor;
      group.isDone = !group.cursor;
      const known = content.results.filter((record) => !table.places.has(record.id));
      await table.tabulator.addData(known.map((record) => ({ ...table.whole(rowOf(record)), of: group.at })), true, `rest:${group.at}`);
      if (group.isDone) await table.tabulator.deleteRow(`rest:${group.at}`);
    } catch (refusal) {
      group.problem = refusal.message || String(refusal);
      this.redraw(`rest:${group.at}`);
    }
    table.index();
  }

  /** Counts again after records have changed; headings that are there are told anew. */
  async recount() {
    if (!this.isOn) return;
    const { loads } = this.app.table;
    const answer = await this.ask().catch(() => null);
    if (!answer || loads !== this.app.table.loads || !this.isOn) return;
    for (const group of this.list) {
      const now = answer.groups.find((each) => each.key === group.key);
      Object.assign(group, now ? { count: now.count, told: now.told } : { count: 0, told: { records: 0 } });
      this.redraw(`group:${group.at}`);
    }
    const known = new Set(this.list.map((group) => group.key));
    if (answer.groups.some((group) => !known.has(group.key))) this.app.live.tell("There are new groups.");
  }

  // ---------------------------------------------------------------- folding

  async fold(group) {
    const { state, table, views } = this.app;
    const { folded } = state.group;
    const is = folded.includes(group.key);
    state.group = { ...state.group, folded: is ? folded.filter((key) => key !== group.key) : [...folded, group.key] };
    state.keep();
    views.left();
    if (this.isFolded(group)) await this.takeAway(group);
    else if (group.count) await table.tabulator.addData([this.rest(group)], false, `group:${group.at}`);
    this.redraw(`group:${group.at}`);
    table.index();
    this.focus(group.at);
  }

  async takeAway(group) {
    const { tabulator } = this.app.table;
    const ids = tabulator.getRows().map((row) => row.getData()).filter((row) => row.of === group.at || row.id === `rest:${group.at}`).map((row) => row.id);
    Object.assign(group, { cursor: null, isDone: false, problem: "" });
    if (ids.length) await tabulator.deleteRow(ids);
  }

  all(closed) {
    this.app.state.group = { ...this.app.state.group, closed, folded: [] };
    this.app.changed();
  }

  key(event, group) {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (by) this.focus(group.at + by);
    else if (event.key === "Escape") this.app.selection.focus();
    else if ((event.key === "ArrowRight") === this.isFolded(group) && ["ArrowLeft", "ArrowRight"].includes(event.key)) this.fold(group);
    else if (!["ArrowLeft", "ArrowRight"].includes(event.key)) return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** Puts the focus on the heading of a group; without a number on that of the active row. */
  async focus(at) {
    if (!this.isOn || !this.list.length) return;
    const wanted = at ?? this.app.selection.current()?.row.getData().of ?? 0;
    const number = Math.max(0, Math.min(wanted, this.list.length - 1));
    const { tabulator, element } = this.app.table;
    const find = () => element.querySelector(`[data-group="${number}"]`);
    if (!find()) await tabulator.scrollToRow(`group:${number}`, "center", false).catch(() => {});
    find()?.focus();
    find()?.scrollIntoView({ block: "nearest" });
  }

  // ---------------------------------------------------------------- choosing

  show() {
    byId("group").textContent = this.isOn ? `Grouped by ${this.field.label}` : "Group";
  }

  open() {
    const { state, fields } = this.app;
    const offered = [...fields.values()].filter(mayGroup);
    const periods = make("span");
    let period = null;
    const showPeriods = () => {
      const field = fields.get(by.value);
      const found = field ? periodsOf(field) : [];
      period = found.length ? choice("Period", found.map(([value, text]) => [value, `by ${text}`]), state.group?.by || found[0][0]) : null;
      periods.replaceChildren(period || "");
    };
    const by = choice("Group by", [["", "No groups"], ...offered.map((field) => [field.name, field.label])], state.group?.field || "", showPeriods);
    showPeriods();
    const apply = () => {
      dialog.close();
      state.group = by.value ? { field: by.value, by: period?.value || "", folded: [], closed: false } : null;
      this.app.changed();
    };
    const fold = (closed, text) => (this.isOn ? button(text, () => { dialog.close(); this.all(closed); }) : "");
    const dialog = openDialog("Group", [
      make("div", { class: "grid-row" }, by, periods),
      make("div", { class: "grid-row" }, button("Apply", apply, { class: "grid-button grid-primary" }), fold(true, "Fold all"), fold(false, "Unfold all"), button("Cancel", () => dialog.close())),
    ]);
    by.focus();
  }
}
