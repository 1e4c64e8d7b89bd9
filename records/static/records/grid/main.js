// The grid of an object: what it begins with, and what its parts say to each other.
import { Api } from "./api.js";
import { Board } from "./board/board.js";
import { Clipboard } from "./clipboard.js";
import { openColumns } from "./columns.js";
import { Conflicts } from "./conflicts.js";
import { byId, make } from "./dom.js";
import { Editing } from "./editors.js";
import { Filters } from "./filters.js";
import { Figures } from "./grouping/figures.js";
import { Groups } from "./grouping/groups.js";
import { History } from "./history.js";
import { Live } from "./live.js";
import { say } from "./messages.js";
import { Order } from "./order.js";
import { Panel } from "./panel/panel.js";
import { openReplacing } from "./replacing.js";
import { Saving } from "./saving.js";
import { Selection } from "./selection.js";
import { clicked, openSorting } from "./sorting.js";
import { State } from "./state.js";
import { Table } from "./table.js";
import { Views } from "./views.js";

const SEARCH_PAUSE = 300;
const DENSITIES = ["compact", "normal", "tall"];

class App {
  constructor(config) {
    this.config = config;
    this.api = new Api(config);
    this.state = new State(config);
    this.members = [];
    for (const [name, Part] of Object.entries({
      saving: Saving, conflicts: Conflicts, history: History, live: Live, selection: Selection,
      editing: Editing, clipboard: Clipboard, filters: Filters, views: Views, table: Table, order: Order, board: Board, panel: Panel, figures: Figures, groups: Groups,
    })) this[name] = new Part(this);
  }

  async start() {
    await this.learn();
    const told = this.state.read();
    await this.views.start(told);
    this.state.prune(this.fields);
    this.controls();
    await this.table.start();
    this.selection.start();
    this.clipboard.start();
    this.state.keep();
    this.show();
    this.filters.start();
    if (this.state.record) this.openRecord(this.state.record);
    this.live.start();
  }

  /** Fields as the API tells them, with what the page says of how they are edited. */
  async learn() {
    const [fields, members] = await Promise.all([this.api.fields(), this.api.members("").catch(() => ({ content: [] }))]);
    const rows = Array.isArray(fields.content) ? fields.content : fields.content.results;
    this.fields = new Map(rows.filter((row) => this.config.fields[row.name]).map((row) => [row.name, {
      ...this.config.fields[row.name],
      id: row.id, name: row.name, label: row.display_name, description: row.description, options: row.options || [], relation: row.relation,
      category: row.category, required: row.is_required, computed: row.meta?.computed || "",
    }]));
    this.byId = new Map([...this.fields.values()].map((field) => [field.id, field]));
    const named = members.content.map((member) => ({ id: member.id, name: member.display_name || member.email }));
    this.members = [{ id: "is_me", name: "Me" }, ...named];
  }

  controls() {
    const { state } = this;
    byId("objects").addEventListener("change", (event) => location.assign(event.target.value));
    byId("help").addEventListener("click", () => byId("shortcuts").showModal());
    byId("filter").addEventListener("click", () => this.filters.open());
    byId("sort").addEventListener("click", () => openSorting(this));
    byId("group").addEventListener("click", () => this.groups.open());
    byId("columns").addEventListener("click", () => openColumns(this));
    byId("replace").addEventListener("click", () => openReplacing(this));
    byId("views").addEventListener("click", () => this.views.open());
    byId("undo").addEventListener("click", () => this.history.undo());
    byId("redo").addEventListener("click", () => this.history.redo());
    byId("archive").addEventListener("click", () => this.history.archive());
    byId("kind").addEventListener("change", (event) => { state.board = event.target.value; this.changed(); });
    byId("tab").addEventListener("change", (event) => { state.tab = event.target.value; this.changed(); });
    byId("density").addEventListener("change", (event) => { state.density = event.target.value; this.state.keep(); this.show(); this.table.tabulator.redraw(true); });
    byId("theme").addEventListener("click", () => this.switchTheme());
    let timer;
    byId("search").addEventListener("input", (event) => {
      clearTimeout(timer);
      timer = setTimeout(() => { state.search = event.target.value.trim(); this.changed(); }, SEARCH_PAUSE);
    });
    document.addEventListener("keydown", (event) => this.key(event));
    window.addEventListener("beforeunload", (event) => { if (this.saving.isOpen || this.editing.shown || this.panel.form.isChanged) event.preventDefault(); });
    document.body.append(make("datalist", { id: "yes-no" }, make("option", { value: "Yes" }), make("option", { value: "No" })));
  }

  key(event) {
    const typing = event.target.closest("input:not([type=checkbox]), textarea, select, dialog");
    const command = event.ctrlKey || event.metaKey;
    if (command && event.key.toLowerCase() === "z" && !typing) {
      event.preventDefault();
      if (event.shiftKey) this.history.redo();
      else this.history.undo();
    } else if (command && event.key.toLowerCase() === "y" && !typing) {
      event.preventDefault();
      this.history.redo();
    } else if (command && event.key.toLowerCase() === "h" && !typing) {
      event.preventDefault();
      openReplacing(this);
    } else if (!command && !typing && event.key === "?") {
      event.preventDefault();
      byId("shortcuts").showModal();
    } else if (!command && !typing && event.key === "/") {
      event.preventDefault();
      byId("search").focus();
    }
  }

  switchTheme() {
    const dark = document.documentElement.classList.toggle("dark");
    localStorage.setItem("adminTheme", JSON.stringify(dark ? "dark" : "light"));
    this.show();
  }

  /** What is asked for has changed: the address, the controls and the rows follow. */
  changed() {
    this.state.prune(this.fields);
    this.state.keep();
    this.views.left();
    this.show();
    this.filters.show();
    this.table.rebuild();
    this.table.reload();
  }

  /** Opens a record beside the grid; one that is archived has only its own page. */
  openRecord(id) {
    if (this.state.tab === "archived") location.assign(`${this.config.recordUrl}${id}/`);
    else this.panel.open(id).then((opened) => { if (opened) this.order.mark(id); });
  }

  sortBy(field, beside) {
    this.state.sort = clicked(this.state.sort, field.name, beside);
    this.changed();
  }

  columnsMoved(columns) {
    const names = columns.map((column) => this.byId.get(column.getField())?.name).filter((name) => name && name !== this.config.first);
    this.state.columns = names;
    this.state.keep();
    this.views.left();
    this.selection.kept();
  }

  columnResized(column) {
    const field = this.byId.get(column.getField());
    if (!field) return;
    this.state.widths[field.name] = Math.round(column.getWidth());
    this.state.keep();
    this.views.left();
  }

  show() {
    const { state } = this;
    byId("tab").value = state.tab;
    this.groups.show();
    this.board.display();
    byId("density").value = state.density;
    if (document.activeElement !== byId("search")) byId("search").value = state.search;
    for (const name of DENSITIES) this.table.element.classList.toggle(`grid-${name}`, name === state.density);
    const dark = document.documentElement.classList.contains("dark");
    byId("theme").setAttribute("aria-pressed", String(dark));
  }

  note(text) {
    say(text);
  }
}

const app = new App(JSON.parse(byId("table").dataset.config));
const begin = () => app.start().catch((refusal) => {
  app.table.again(refusal).then(begin);
});
begin();
