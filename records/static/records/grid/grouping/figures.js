// Figures of columns, below them: counts, sums and others, of all records that are found, not only of those loaded.
import { choice, make } from "../dom.js";
import { shownText } from "../values.js";

const NAMES = { count: "Filled", distinct: "Different", sum: "Sum", avg: "Average", min: "Min", max: "Max" };
const ORDER = ["count", "distinct", "sum", "avg", "min", "max"];
const EMPTY = "empty"; // counted from all records and those that have a value
const MOST = 10; // figures of one request
const PLACES = 2;
const PAUSE = 400; // milliseconds without changes before figures are asked for again

/** What can be told of a field, as pairs of a figure and its name. */
export function figuresOf(field) {
  const told = ORDER.filter((name) => field.figures.includes(name)).map((name) => [name, NAMES[name]]);
  return told.length ? [told[0], [EMPTY, "Empty"], ...told.slice(1)] : [];
}

/** A figure as people read it. */
export function figureText(field, figure, value) {
  if (value === null || value === undefined) return "–";
  if (["count", EMPTY, "distinct"].includes(figure)) return Number(value).toLocaleString("en");
  if (typeof value === "number") return value.toLocaleString("en", { maximumFractionDigits: PLACES });
  if (value?.amount !== undefined && figure === "avg") return shownText(field, { ...value, amount: Number(value.amount).toFixed(PLACES) });
  return shownText(field, value);
}

/** What the figure of a field is called in answers. */
const aliasOf = (field) => `f_${field.id.replaceAll("-", "")}`;

export class Figures {
  constructor(app) {
    this.app = app;
    this.values = new Map();
    this.asked = 0;
  }

  /** The figures that are shown, as pairs of a field and a figure. */
  chosen() {
    const { state, fields } = this.app;
    return Object.entries(state.figures).map(([name, figure]) => [fields.get(name), figure])
      .filter(([field, figure]) => field && (state.columns.includes(field.name) || field.name === this.app.config.first) && figuresOf(field).some(([each]) => each === figure));
  }

  /** Requests for the figures, each of as many as one may ask for. Empty ones are told by the count of the filled. */
  requests() {
    const asked = this.chosen().map(([field, figure]) => ({ function: figure === EMPTY ? "count" : figure, field: field.name, as: aliasOf(field) }));
    const parts = [];
    for (let at = 0; at < asked.length; at += MOST - 1) parts.push([{ function: "count", as: "records" }, ...asked.slice(at, at + MOST - 1)]);
    return parts;
  }

  /** What is told of a field, in a word. */
  word(field) {
    return (figuresOf(field).find(([figure]) => figure === this.app.state.figures[field.name])?.[1] || "").toLowerCase();
  }

  /** The texts of a row of figures, by field. */
  texts(row) {
    return new Map(this.chosen().map(([field, figure]) => {
      const value = row[aliasOf(field)];
      return [field.id, figureText(field, figure, figure === EMPTY ? row.records - value : value)];
    }));
  }

  /** Asks for the figures of all that is found. */
  async load() {
    const number = ++this.asked;
    const requests = this.app.board.isOn ? [] : this.requests();
    if (!requests.length) {
      this.show(new Map());
      return;
    }
    try {
      const body = this.app.state.found();
      const answers = await Promise.all(requests.map((aggregate) => this.app.api.aggregate({ ...body, aggregate })));
      if (number === this.asked) this.show(this.texts(Object.assign({}, ...answers.map(({ content }) => content.results[0]))));
    } catch (refusal) {
      if (number === this.asked) this.show(new Map(this.chosen().map(([field]) => [field.id, "not known"])), refusal.message);
    }
  }

  show(values) {
    this.values = values;
    for (const [id, text] of values) this.tell(id, text);
  }

  select(id) {
    return this.app.table.element.querySelector(`select[data-figure="${id}"]`);
  }

  tell(id, text) {
    const select = this.select(id);
    if (select?.value) select.selectedOptions[0].textContent = `${select.selectedOptions[0].dataset.name} ${text}`;
  }

  /** Asks again after records have changed. */
  later() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      if (this.app.board.isOn) this.app.board.recount();
      else this.load().then(() => this.app.groups.recount());
    }, PAUSE);
  }

  /** The end of a column: what is told of it, and the choice of that. */
  footer(field) {
    const offered = figuresOf(field);
    if (!offered.length) return make("span");
    const chosen = this.app.state.figures[field.name] || "";
    const select = choice(`Figure of ${field.label}`, [["", "–"], ...offered], chosen, (figure) => this.choose(field, figure));
    select.dataset.figure = field.id;
    select.classList.add("grid-figure");
    for (const option of select.options) option.dataset.name = option.textContent;
    const told = this.values.get(field.id);
    if (chosen && select.value) select.selectedOptions[0].textContent = `${select.selectedOptions[0].dataset.name} ${told ?? "…"}`;
    return select;
  }

  choose(field, figure) {
    const { state, views } = this.app;
    if (figure) state.figures = { ...state.figures, [field.name]: figure };
    else delete state.figures[field.name];
    const select = this.select(field.id);
    for (const option of select.options) option.textContent = option.dataset.name;
    state.keep();
    views.left();
    this.load();
    this.app.groups.recount();
  }
}
