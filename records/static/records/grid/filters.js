// The filter: chips in words above the table, and a builder of groups that all or any must match.
import { button, byId, choice, make, openDialog } from "./dom.js";
import { clauseWords, valueInput } from "./filter_values.js";
import { NO_FILTER } from "./state.js";

const ALL_OR_ANY = [["all", "all"], ["any", "any"]];

export class Filters {
  constructor(app) {
    this.app = app;
    this.names = new Map(); // of records that filters name
  }

  /** Finds the names of the records that the filter names, and shows the chips with them. */
  async start() {
    for (const { clause, field } of this.clauses()) {
      if (field?.control !== "record" || !field.relation?.related_object) continue;
      const unknown = [clause.value].flat().filter((id) => typeof id === "string" && !this.names.has(id));
      if (!unknown.length) continue;
      const path = `records/${field.relation.related_object}/batch-get`;
      const found = await this.app.api.post(path, { ids: unknown, field_names: ["display_name"] }).catch(() => null);
      for (const record of found?.content.results || []) this.names.set(record.id, record.display_name);
    }
    this.show();
  }

  clauses() {
    return this.app.state.filter.query.flatMap((group, at) =>
      group.filters.map((clause, place) => ({ clause, group, at, place, field: this.app.fields.get(clause.field) })));
  }

  show() {
    const { state, fields } = this.app;
    const chips = this.clauses().map(({ clause, group, at, place }) => {
      const words = clauseWords(this.app, clause);
      const joined = place ? (group.and ? "and" : "or") : at ? (state.filter.and ? "and" : "or") : "";
      return make("li", {}, joined ? make("span", { class: "grid-subtle" }, joined) : "", make("span", { class: "grid-filter-chip" },
        button(words, () => this.open(), { class: "grid-plain", "aria-label": `Edit the filter ${words}` }),
        button("×", () => this.remove(at, place), { class: "grid-plain", "aria-label": `Remove the filter ${words}` })));
    });
    const sorted = state.sort.map((key, at) => `${at ? "then " : "Sorted by "}${fields.get(key.name)?.label} ${key.down ? "↓" : "↑"}`);
    if (sorted.length) chips.push(make("li", { class: "grid-subtle" }, sorted.join(", ")));
    const place = byId("chips");
    place.replaceChildren(...chips);
    place.hidden = !chips.length;
    const count = this.clauses().length;
    byId("filter").textContent = count ? `Filter (${count})` : "Filter";
  }

  remove(at, place) {
    const { state } = this.app;
    const query = state.filter.query.map((group, number) => (
      number === at ? { ...group, filters: group.filters.filter((_, index) => index !== place) } : group));
    state.filter = { ...state.filter, query: query.filter((group) => group.filters.length) };
    byId("filter").focus();
    this.app.changed();
  }

  open() {
    const { filter } = this.app.state;
    const groups = make("div", { class: "grid-groups" });
    const joined = choice("Groups joined by", [["all", "All groups must match"], ["any", "Any group may match"]], filter.and ? "all" : "any");
    const built = [];
    const showJoined = () => { joined.hidden = groups.children.length < 2; };
    const addGroup = (group) => {
      const made = this.group(group, () => { built.splice(built.indexOf(made), 1); showJoined(); });
      built.push(made);
      groups.append(made.element);
      showJoined();
      return made;
    };
    const problem = make("p", { class: "grid-problem", role: "alert", hidden: true });
    (filter.query.length ? filter.query : [{ and: true, filters: [] }]).forEach(addGroup);
    const apply = () => {
      const query = built.map((group) => group.read()).filter((group) => group.filters.length);
      dialog.close();
      this.app.state.filter = query.length ? { and: joined.value === "all", query } : NO_FILTER;
      this.app.changed();
      this.start();
    };
    const dialog = openDialog("Filter", [
      problem, joined, groups,
      button("Add a group", () => addGroup({ and: true, filters: [] }).focus()),
      make("div", { class: "grid-row" },
        button("Apply", apply, { class: "grid-button grid-primary" }),
        button("Show all", () => { dialog.close(); this.app.state.filter = NO_FILTER; this.app.changed(); }),
        button("Cancel", () => dialog.close())),
    ], { wide: true });
    dialog.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && event.target.matches("input")) { event.preventDefault(); apply(); }
    });
    built[0].focus();
  }

  group(group, removed) {
    const match = choice("Conditions joined by", ALL_OR_ANY, group.and ? "all" : "any");
    const clauses = make("div", { class: "grid-clauses" });
    const built = [];
    const add = (clause) => {
      const made = this.clause(clause, () => built.splice(built.indexOf(made), 1));
      built.push(made);
      clauses.append(made.element);
      return made;
    };
    const element = make("fieldset", { class: "grid-group" },
      make("legend", {}, "Records that match ", match, " of these"),
      clauses,
      make("div", { class: "grid-row" },
        button("Add a condition", () => add({}).focus()),
        button("Remove the group", () => { element.remove(); removed(); })));
    (group.filters.length ? group.filters : [{}]).forEach(add);
    return {
      element,
      read: () => ({ and: match.value === "all", filters: built.map((clause) => clause.read()).filter(Boolean) }),
      focus: () => built[0]?.focus(),
    };
  }

  clause(clause, removed) {
    if (clause.type === "related_object" || (clause.field && !this.app.fields.has(clause.field))) return this.foreign(clause, removed);
    const offered = [...this.app.fields.values()].filter((field) => field.conditions.length);
    let value = null;
    let condition = null;
    const place = make("span");
    const showValue = (given) => {
      value = valueInput(this.app, this.app.fields.get(fields.value), condition.value, given);
      place.replaceChildren(value.element);
    };
    const conditions = make("span");
    const showConditions = (chosen, given) => {
      const field = this.app.fields.get(fields.value);
      conditions.replaceChildren();
      if (!field) return;
      condition = choice("Condition", field.conditions, chosen, () => showValue(undefined));
      conditions.append(condition);
      showValue(given);
    };
    const fields = choice("Field", [["", "Choose a field"], ...offered.map((field) => [field.name, field.label])], clause.field || "", () => {
      place.replaceChildren();
      value = null;
      showConditions();
    });
    const element = make("div", { class: "grid-clause" }, fields, conditions, place,
      button("×", () => { element.remove(); removed(); }, { "aria-label": "Remove this condition" }));
    if (clause.field) showConditions(clause.condition === "is_blank" ? `is_blank:${clause.value !== false}` : clause.condition, clause.value);
    return {
      element,
      focus: () => fields.focus(),
      read: () => value && { field: fields.value, condition: condition.value.split(":")[0], value: value.read() },
    };
  }

  // What the builder cannot show is kept as it is, or removed.
  foreign(clause, removed) {
    const element = make("div", { class: "grid-clause" }, make("span", {}, clauseWords(this.app, clause)),
      button("×", () => { element.remove(); removed(); }, { "aria-label": "Remove this condition" }));
    return { element, focus: () => {}, read: () => (element.isConnected || !element.parentElement ? clause : null) };
  }
}
