// A record as a card: its name, and what the view's columns say of it.
import { make } from "../dom.js";
import { cellContent } from "../values.js";

const MOST_LINES = 4;

/** The content of a card; blank values take no line. `by`: the field that the column says already. */
export function cardContent(app, row, by) {
  const shown = app.state.columns.map((name) => app.fields.get(name)).filter((field) => field && field !== by);
  const lines = shown.map((field) => [field, cellContent(field, row[field.id] ?? null)])
    .filter(([, content]) => content.textContent).slice(0, MOST_LINES);
  return [make("strong", { class: "board-name" }, row.name || "(no name)"),
    ...lines.map(([field, content]) => make("span", { class: "board-line" }, make("span", { class: "grid-subtle" }, `${field.label} `), content))];
}

/** A card, which can be dragged where its record may be changed. */
export function cardOf(app, row, by) {
  const may = row.mayEdit && by.editable;
  return make("li", {
    class: "board-card", tabindex: "-1", "data-record": row.id, draggable: may ? "true" : "false",
    "aria-keyshortcuts": may ? "Control+ArrowLeft Control+ArrowRight Enter" : "Enter",
  }, ...cardContent(app, row, by));
}
