// Saved views: columns, order, search and filter under a name and an address, for oneself or shared. They are the views
// that the API serves: a set of columns, and the filter group that it names.
import { button, byId, choice, make, openDialog } from "./dom.js";
import { say } from "./messages.js";
import { NO_FILTER, shownFilter, sortKeys } from "./state.js";

const SHARING = {
  private: { private: true },
  view: { private: false, all_team_members: 1 },
  edit: { private: false, all_team_members: 2 },
};

export class Views {
  constructor(app) {
    this.app = app;
    this.rows = [];
    this.current = null; // the view that is open, as the API tells it
  }

  call(method, part, id, body) {
    return this.app.api.call(method, `custom-objects/${this.app.config.object}/${part}${id ? `/${id}` : ""}`, body);
  }

  /** Opens the view of the address, or else the member's default. `told`: the address says what is shown beside it. */
  async start(told) {
    const { state, config } = this.app;
    try {
      const { content } = await this.call("GET", "columns?page_size=1000");
      this.rows = content.results;
      if (!state.view && !told && this.rows.some((row) => row.id === config.defaultView)) state.view = config.defaultView;
      if (!state.view) return;
      const now = told ? state.shown() : null;
      await this.use(state.view);
      if (now) Object.assign(state, now);
    } catch (refusal) {
      state.view = "";
      state.ofView = "";
      say(`The view could not be opened. ${refusal.status === 404 ? "It is gone, or not shared with you." : refusal.message}`, { error: true });
    }
    this.left();
  }

  /** Takes over what a view says. */
  async use(id) {
    const { state } = this.app;
    const { content: view } = await this.call("GET", "columns", id);
    const said = view.configuration_json;
    const group = said.filter_group ? await this.call("GET", "filter-groups", said.filter_group).catch(() => null) : null;
    state.filter = group && !group.content.invalid ? shownFilter(group.content.config) : NO_FILTER;
    if (said.filter_group && (!group || group.content.invalid || !state.filter)) {
      state.filter = NO_FILTER;
      say("The filter of this view cannot be used here; all records are shown.", { error: true });
    }
    const columns = Array.isArray(said.columns) ? said.columns.filter((column) => column.visible !== false) : [];
    if (columns.length) state.columns = columns.map((column) => column.field);
    for (const column of columns) if (column.width) state.widths[column.field] = column.width;
    Object.assign(state, {
      board: (said.kind === "board" && said.board_by) || "",
      group: said.group_by?.field ? { field: said.group_by.field, by: said.group_by.by || "", closed: Boolean(said.group_by.closed), folded: [said.group_by.folded || []].flat() } : null,
      figures: typeof said.figures === "object" && said.figures ? said.figures : {},
      view: id, sort: sortKeys(said.ordering || ""), search: said.search || "", tab: said.tab || "live", density: said.density || state.density,
    });
    state.prune(this.app.fields);
    state.ofView = state.snapshot();
    this.current = view;
  }

  async choose(id) {
    try {
      if (id) await this.use(id);
      else this.none();
    } catch (refusal) {
      say(`The view could not be opened. ${refusal.message}`, { error: true });
      return;
    }
    this.app.changed();
    this.app.filters.start();
  }

  none() {
    this.current = null;
    this.app.state.reset();
  }

  /** Shows whether what is on the page is still what the view says. */
  left() {
    const { state } = this.app;
    this.isChanged = Boolean(this.current) && state.ofView !== state.snapshot();
    byId("view-name").textContent = this.current ? `${this.current.name}${this.isChanged ? " (changed)" : ""}` : "All records";
  }

  open() {
    const mine = (row) => row.owner === this.app.config.member;
    const entry = (id, name, note) => make("li", {}, button(name, () => { dialog.close(); this.choose(id); }, {
      class: "grid-button grid-view", "aria-current": (this.current?.id || "") === id ? "true" : null,
    }), make("span", { class: "grid-subtle" }, note));
    const dialog = openDialog("Views", [
      make("ul", { class: "grid-list", "aria-label": "Saved views" }, entry("", "All records", ""),
        ...this.rows.map((row) => entry(row.id, row.name, [mine(row) ? "" : "shared", row.id === this.app.config.defaultView ? "opens first" : ""].filter(Boolean).join(", ")))),
      ...this.ofCurrent(() => dialog.close()),
      this.form(() => dialog.close()),
    ]);
  }

  ofCurrent(close) {
    if (!this.current) return [];
    const act = (work) => async () => { close(); await this.tried(work); };
    return [make("div", { class: "grid-row", role: "group", "aria-label": this.current.name },
      this.isChanged ? button(`Save changes to ${this.current.name}`, act(() => this.save()), { class: "grid-button grid-primary" }) : "",
      button("Open first for me", act(() => this.first())),
      button(`Delete ${this.current.name}`, act(() => this.remove())))];
  }

  form(close) {
    const name = make("input", { class: "grid-input", id: "new-view", maxlength: "200", required: true, autocomplete: "off" });
    const shared = choice("Who sees it", [["private", "Only me"], ["view", "Everybody may see it"], ["edit", "Everybody may change it"]], "private");
    const problem = make("p", { class: "grid-problem", role: "alert", hidden: true });
    const form = make("form", { class: "grid-new-view" },
      make("label", { for: "new-view" }, "Save what is shown as a new view"), problem,
      make("div", { class: "grid-row" }, name, shared, make("button", { type: "submit", class: "grid-button" }, "Save")));
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      try {
        await this.create(name.value.trim(), shared.value);
        close();
      } catch (refusal) {
        problem.textContent = refusal.message;
        problem.hidden = false;
        name.focus();
      }
    });
    return form;
  }

  async tried(work) {
    try {
      await work();
    } catch (refusal) {
      say(refusal.message, { error: true });
    }
  }

  // ---------------------------------------------------------------- storing

  content(group) {
    const { state, config } = this.app;
    const column = (field, more) => ({ field, width: state.widths[field] || null, ...more });
    return {
      columns: [column(config.first, { frozen: true }), ...state.columns.map((name) => column(name, { frozen: false }))],
      ordering: state.ordering(), search: state.search, tab: state.tab, density: state.density, filter_group: group,
      kind: state.board ? "board" : "grid", board_by: state.board || null, group_by: state.group, figures: state.figures,
    };
  }

  async create(name, sharing) {
    const { state } = this.app;
    const shared = { sharing_settings: SHARING[sharing] };
    let group = null;
    if (state.filter.query.length) {
      const made = await this.call("POST", "filter-groups", null, { name: `${name} (grid)`, config: state.filter, hidden: true, ...shared });
      group = made.content.id;
    }
    try {
      const { content } = await this.call("POST", "columns", null, { name, configuration_json: this.content(group), ...shared });
      await this.took(content);
      say(`The view ${name} is saved.`);
    } catch (refusal) {
      if (group) await this.call("DELETE", "filter-groups", group).catch(() => null);
      throw refusal;
    }
  }

  async save() {
    const { state } = this.app;
    const { id, name, configuration_json: said, sharing_settings: shared } = this.current;
    let group = said.filter_group || null;
    if (!state.filter.query.length) group = null;
    else if (group) await this.call("PATCH", "filter-groups", group, { config: state.filter });
    else {
      const sent = { private: shared.private, all_team_members: shared.all_team_members };
      const made = await this.call("POST", "filter-groups", null, { name: `${name} (grid)`, config: state.filter, hidden: true, sharing_settings: sent });
      group = made.content.id;
    }
    const { content } = await this.call("PATCH", "columns", id, { configuration_json: this.content(group) });
    if (said.filter_group && !group) await this.call("DELETE", "filter-groups", said.filter_group).catch(() => null);
    await this.took(content);
    say(`The view ${name} is saved.`);
  }

  async took(view) {
    const { state } = this.app;
    this.current = view;
    state.view = view.id;
    state.ofView = state.snapshot();
    this.rows = (await this.call("GET", "columns?page_size=1000")).content.results;
    state.keep();
    this.left();
  }

  async first() {
    const { config } = this.app;
    await this.call("POST", `columns/${this.current.id}/apply-to-users`, null, { team_member_ids: [config.member] });
    config.defaultView = this.current.id;
    say(`${this.current.name} opens first for you.`);
  }

  async remove() {
    const { id, name, configuration_json: said } = this.current;
    await this.call("DELETE", "columns", id);
    if (said.filter_group) await this.call("DELETE", "filter-groups", said.filter_group).catch(() => null);
    this.rows = this.rows.filter((row) => row.id !== id);
    this.app.state.view = "";
    this.current = null;
    this.app.state.keep();
    this.left();
    say(`The view ${name} is deleted; no record was changed.`);
  }
}
