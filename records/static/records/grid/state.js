// What is shown, as the address says it: a link leads others to the same records.
import { mayDivide, mayGroup, periodsOf } from "./grouping/narrowing.js";

export const NO_FILTER = { and: true, query: [] };
const TABS = ["live", "cancelled", "archived"];

function parsed(text, otherwise) {
  try {
    return JSON.parse(text) ?? otherwise;
  } catch {
    return otherwise;
  }
}

const sortKey = (text) => (text.startsWith("-") ? { name: text.slice(1), down: true } : { name: text, down: false });
export const sortKeys = (text) => text.split(",").filter(Boolean).map(sortKey);
function groupIn(text, folded) {
  const [field, by = ""] = text.split(":");
  const [closed, ...keys] = (folded ?? "none").split(",");
  return field ? { field, by, closed: closed === "all", folded: keys } : null;
}

const figuresIn = (text) => Object.fromEntries(text.split(",").map((pair) => pair.split(":")).filter((pair) => pair.length === 2));
const isFilter = (value) => Boolean(value) && typeof value === "object" && Array.isArray(value.query);

/** A filter in the grammar of searches, with every group as a list of clauses; null for what the builder cannot show. */
export function shownFilter(value) {
  if (!isFilter(value)) return null;
  const groups = value.query.map((group) => ({ and: group.and !== false, filters: group.filters }));
  return groups.every((group) => Array.isArray(group.filters)) ? { and: value.and !== false, query: groups } : null;
}

export class State {
  constructor(config) {
    this.config = config;
    this.kept = `grid:${config.member}:${config.object}`;
    this.widths = {};
    this.ofView = ""; // what is shown, as the open view says it
    this.reset();
  }

  reset() {
    Object.assign(this, {
      search: "", filter: NO_FILTER, sort: [], tab: "live", view: "", record: this.record || "", group: null, figures: {}, board: "", columns: [...this.config.columns], density: this.density || "compact",
    });
  }

  /** Takes over what the address says, and beside it what this browser kept. Tells whether it said more than a view. */
  read() {
    const kept = parsed(localStorage.getItem(this.kept), {});
    this.widths = kept.widths || {};
    this.density = kept.density || "compact";
    if (Array.isArray(kept.columns)) this.columns = kept.columns;
    const sent = new URLSearchParams(location.search);
    this.view = sent.get("view") || "";
    this.search = sent.get("q") || "";
    this.record = sent.get("record") || "";
    if (sent.has("filter")) this.filter = shownFilter(parsed(sent.get("filter"), null)) || NO_FILTER;
    if (sent.has("sort")) this.sort = sortKeys(sent.get("sort"));
    if (sent.has("columns")) this.columns = sent.get("columns").split(",").filter(Boolean);
    if (TABS.includes(sent.get("tab"))) this.tab = sent.get("tab");
    if (sent.has("group")) this.group = groupIn(sent.get("group"), sent.get("folded"));
    this.board = sent.get("board") || "";
    if (sent.has("figures")) this.figures = figuresIn(sent.get("figures"));
    return ["q", "filter", "sort", "columns", "tab", "group", "figures", "board"].some((name) => sent.has(name));
  }

  /** Leaves out what there is no field for: one that is gone, or out of sight. */
  prune(fields) {
    this.columns = this.columns.filter((name) => fields.has(name) && name !== this.config.first);
    this.sort = this.sort.filter((key) => fields.get(key.name)?.sortable);
    if (this.board && !(fields.has(this.board) && mayDivide(fields.get(this.board)))) this.board = "";
    if (this.group && !(fields.has(this.group.field) && mayGroup(fields.get(this.group.field)))) this.group = null;
    if (this.group && !periodsOf(fields.get(this.group.field)).length) this.group.by = "";
    else if (this.group) this.group.by ||= "month";
  }

  ordering() {
    return this.sort.map((key) => (key.down ? `-${key.name}` : key.name)).join(",");
  }

  /** What is shown, in a form that can be taken over. */
  shown() {
    const { search, filter, sort, tab, columns, group, figures, board } = this;
    return { search, filter, sort, tab, columns, group, figures, board };
  }

  snapshot() {
    return JSON.stringify([this.shown(), this.columns.map((name) => this.widths[name] || 0)]);
  }

  address() {
    const sent = new URLSearchParams();
    if (this.view) sent.set("view", this.view);
    if (!this.view || this.ofView !== this.snapshot()) this.say(sent);
    if (this.record) sent.set("record", this.record);
    return `${location.pathname}?${sent}`;
  }

  /** What is shown, beside what a view says. */
  say(sent) {
    if (this.search) sent.set("q", this.search);
    if (this.filter.query.length) sent.set("filter", JSON.stringify(this.filter));
    if (this.sort.length) sent.set("sort", this.ordering());
    if (this.tab !== "live") sent.set("tab", this.tab);
    if (this.group) {
      const { field, by, closed, folded } = this.group;
      sent.set("group", by ? `${field}:${by}` : field);
      if (closed || folded.length) sent.set("folded", [closed ? "all" : "none", ...folded].join(","));
    }
    if (this.board) sent.set("board", this.board);
    const figures = Object.entries(this.figures).map((pair) => pair.join(":"));
    if (figures.length) sent.set("figures", figures.join(","));
    sent.set("columns", this.columns.join(","));
  }

  keep() {
    history.replaceState(null, "", this.address());
    const { widths, density, columns } = this;
    localStorage.setItem(this.kept, JSON.stringify({ widths, density, columns }));
  }

  /** What is found, for figures of it. */
  found() {
    const { query, and, search, archived, cancelled } = this.body([], 1);
    return { query, and, search, archived, cancelled };
  }

  /** The body of a search, for the first page or the one after a cursor. */
  body(fieldNames, size, cursor) {
    const groups = this.filter.query.filter((group) => group.filters.length);
    return {
      query: groups,
      and: this.filter.and,
      ordering: this.ordering() || null,
      search: this.search || null,
      field_names: fieldNames,
      page_size: size,
      archived: this.tab === "archived",
      cancelled: this.tab === "cancelled" ? true : null,
      ...(cursor ? { cursor } : {}),
    };
  }
}
