// The table: rows that are fetched page by page as it is scrolled, each the record as the server last told it.
import {
  AjaxModule, ColumnCalcsModule, FormatModule, FrozenColumnsModule, InteractionModule, MoveColumnsModule,
  PageModule, ResizeColumnsModule, ResizeTableModule, Tabulator,
} from "../tabulator/tabulator_esm.min.js";
import { columnsOf } from "./columns.js";
import { byId, button } from "./dom.js";
import { counted } from "./messages.js";

Tabulator.registerModule([
  AjaxModule, ColumnCalcsModule, FormatModule, FrozenColumnsModule, InteractionModule, MoveColumnsModule,
  PageModule, ResizeColumnsModule, ResizeTableModule,
]);

const PAGE = 100;
const OVERTAKEN = new Promise(() => {}); // the answer to what nobody waits for any more: the table warns of late ones

/** A record as a row: its values under the ids of their fields, which no other key is called like. */
export function rowOf(record) {
  const row = {
    id: record.id, version: record.version, name: record.display_name, cancelled: record.cancelled,
    mayEdit: record.access.edit, mayRemove: record.access.remove,
  };
  for (const [key, field] of Object.entries(record.fields)) row[key] = field.value;
  return row;
}

export class Table {
  constructor(app) {
    this.app = app;
    this.count = null;
    this.ticked = new Set();
    this.rows = [];
    this.others = new Map(); // rows that are no records
    this.places = new Map();
    this.loads = 0;
    this.waiting = [];
    this.element = byId("table");
  }

  /** Makes the table; resolved once its first rows are there. */
  start() {
    return new Promise((resolve) => {
      this.tabulator = new Tabulator(this.element, {
        index: "id",
        height: "100%",
        layout: "fitData",
        nestedFieldSeparator: false,
        columns: columnsOf(this.app),
        columnDefaults: { resizable: "header", vertAlign: "middle" },
        movableColumns: true,
        ajaxURL: "search",
        ajaxRequestFunc: (url, config, params) => this.page(params.page || 1),
        progressiveLoad: "scroll",
        progressiveLoadScrollMargin: 600,
        paginationSize: PAGE,
        dataLoader: false,
        renderVerticalBuffer: 300,
        rowFormatter: (row) => { if (row.getData().kind) this.app.groups.draw(row); },
      });
      const { tabulator } = this;
      tabulator.on("dataProcessed", () => this.index());
      tabulator.on("columnMoved", (column, columns) => this.app.columnsMoved(columns));
      tabulator.on("columnResized", (column) => this.app.columnResized(column));
      tabulator.on("scrollVertical", () => { this.app.selection.paint(); this.app.groups.soon(); });
      tabulator.on("renderComplete", () => this.app.selection.paint());
      tabulator.on("tableBuilt", resolve);
    });
  }

  /** The answer to what the table asks for as it is scrolled. One that fails is offered again, and waits. */
  async page(number) {
    const load = number === 1 ? ++this.loads : this.loads;
    if (number === 1) {
      this.cursor = null;
      this.count = null;
      byId("empty").textContent = "";
      byId("count").textContent = "Loading…";
    }
    if (number === 1) this.app.figures.load();
    for (;;) {
      try {
        const { data, count, cursor } = await this.next();
        if (load !== this.loads) return OVERTAKEN;
        this.failed = false;
        byId("problem").hidden = true;
        this.cursor = cursor;
        if (count !== null) this.count = count;
        this.app.groups.soon();
        return { data, last_page: cursor ? number + 1 : number };
      } catch (refusal) {
        if (load !== this.loads) return OVERTAKEN;
        await this.again(refusal);
      }
    }
  }

  /** The rows that come next, `count` of all, null where it is known already, and the `cursor` behind them. Of groups
   * the headings are all that the table begins with; records on the board are no rows. */
  async next() {
    const { board, groups, state, api } = this.app;
    if (board.isOn) return { data: [], count: await board.load(), cursor: null };
    if (groups.isOn) {
      const [data, { content }] = await Promise.all([groups.rows(),
        api.aggregate({ ...state.found(), aggregate: [{ function: "count", as: "records" }] })]);
      return { data, count: content.results[0].records, cursor: null };
    }
    const { content } = await api.search(state.body(this.fieldNames(), PAGE, this.cursor));
    return { data: content.results.map((record) => this.whole(rowOf(record))), count: content.count, cursor: content.next_cursor };
  }

  /** A row that has a value for each shown field: blank ones, which no answer has, are null. */
  whole(row) {
    for (const name of this.fieldNames()) row[this.app.fields.get(name).id] ??= null;
    return row;
  }

  /** Says what went wrong, and waits until it is to be tried again. */
  again(refusal) {
    this.failed = true;
    byId("count").textContent = this.rows.length ? `${counted(this.rows.length, "record")} loaded, then an error` : "Not loaded";
    const problem = byId("problem");
    return new Promise((resolve) => {
      problem.replaceChildren(
        `The records could not be loaded. ${refusal.message} `,
        button("Retry", () => { problem.hidden = true; resolve(); }),
      );
      problem.hidden = false;
    });
  }

  fieldNames() {
    const { state, config } = this.app;
    return [...new Set([config.first, "display_name", ...state.columns])].filter((name) => this.app.fields.has(name));
  }

  /** Loads again from the first row. */
  reload() {
    this.ticked.clear();
    this.app.selection.clear();
    this.app.saving.forget();
    byId("problem").hidden = true;
    return this.tabulator.setData("search");
  }

  index() {
    const rows = this.tabulator.getRows();
    this.others = new Map(rows.filter((row) => row.getData().kind).map((row) => [row.getIndex(), row]));
    this.rows = this.others.size ? rows.filter((row) => !row.getData().kind) : rows;
    this.places = new Map(this.rows.map((row, at) => [row.getIndex(), at]));
    this.tell();
    this.app.selection.kept();
    this.waiting.splice(0).forEach((resolve) => resolve());
  }

  /** Resolved once rows have come or gone. */
  grown() {
    return new Promise((resolve) => { this.waiting.push(resolve); });
  }

  tell() {
    const loaded = this.rows.length < this.count && !this.app.groups.isOn && !this.app.board.isOn ? `, ${this.rows.length.toLocaleString("en")} loaded` : "";
    byId("count").textContent = this.count === null ? "" : `${counted(this.count, "record")}${loaded}`;
    this.element.setAttribute("aria-rowcount", String(this.count ?? -1));
    const { tab } = this.app.state;
    byId("empty").textContent = this.count === 0 ? `No ${tab === "live" ? "" : `${tab} `}records found.` : "";
    byId("ticked").textContent = this.ticked.size ? `${counted(this.ticked.size, "record")} ticked` : "";
    this.app.panel?.tell();
    byId("archive").hidden = !this.ticked.size || !this.app.config.mayRemove || this.app.state.tab === "archived";
  }

  rebuild() {
    this.tabulator.setColumns(columnsOf(this.app));
    this.app.selection.kept();
  }

  /** The columns of fields, from the left. */
  columns() {
    return this.tabulator.getColumns().filter((column) => this.app.byId.has(column.getField()) && column.isVisible());
  }

  row(id) {
    return this.rows[this.places.get(id)];
  }

  tick(id, on) {
    if (on) this.ticked.add(id);
    else this.ticked.delete(id);
    this.tell();
  }

  /** Shows a record as it is now; tells which of its shown fields are other than before. */
  show(record) {
    if (this.app.board.isOn) this.app.board.show(record);
    const row = this.row(record.id);
    if (!row) return [];
    const fresh = rowOf(record);
    const before = row.getData();
    const changed = [];
    for (const [id, field] of this.app.byId) {
      fresh[id] ??= null;
      const is = JSON.stringify(fresh[id]);
      if (is !== JSON.stringify(before[id] ?? null) && before[id] !== undefined) changed.push(field);
    }
    const isNews = before.version !== fresh.version;
    Object.assign(before, fresh);
    this.repaint(record.id);
    if (isNews) this.app.figures.later();
    if (isNews) this.app.panel.changed([record.id], fresh.version);
    return changed;
  }

  repaint(id) {
    const row = this.row(id);
    if (row) row.reformat();
    this.app.selection.paint();
  }

  /** Fetches records again, and shows them; resolved with the fields that changed, by record. */
  async refresh(ids) {
    const changed = new Map();
    if (this.app.board.isOn) await this.app.board.refresh(ids);
    const known = ids.filter((id) => this.places.has(id));
    for (let at = 0; at < known.length; at += 500) {
      const { content } = await this.app.api.records(known.slice(at, at + 500), this.fieldNames());
      for (const record of content.results) changed.set(record.id, this.show(record));
      for (const id of content.missing.ids) this.remove(id);
    }
    return changed;
  }

  /** Takes a row away that is not among these records any more. */
  remove(id) {
    this.app.board.remove(id);
    const row = this.row(id);
    if (!row) return;
    this.ticked.delete(id);
    if (this.count !== null) this.count -= 1;
    row.delete();
    this.index();
    this.app.figures.later();
  }
}
