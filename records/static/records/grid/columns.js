// The columns: which there are, in which order and how wide; their heads and the content of their cells.
import { button, make, openDialog } from "./dom.js";
import { cellContent, shownText } from "./values.js";

const WIDTHS = { number: 110, boolean: 90, date: 115, "date-time": 150, option: 150, member: 170, record: 190 };
const PLAIN_WIDTH = 170;
const FIRST_WIDTH = 250;
const FIRST_NARROW = 140; // on a phone, other columns must have room beside it
const NARROW = 700;
const LONGEST_LABEL = 22;
const LETTER = 8;

/** The definitions of the columns as the state says. */
export function columnsOf(app) {
  const { state, fields, config } = app;
  const shown = [fields.get(config.first), ...state.columns.map((name) => fields.get(name))].filter(Boolean);
  return [tickColumn(app), ...shown.map((field, at) => fieldColumn(app, field, at === 0))];
}

function tickColumn(app) {
  return {
    title: "", field: "id", width: 62, minWidth: 62, resizable: false, frozen: true, cssClass: "grid-tick-cell",
    titleFormatter: () => make("span", { class: "grid-hidden" }, "Row"),
    formatter: (cell) => {
      const row = cell.getData();
      if (row.kind) return "";
      const box = make("input", {
        type: "checkbox", class: "grid-tick", tabindex: "-1", "aria-label": `Tick ${row.name || "the record"}`,
        onchange: () => app.table.tick(row.id, box.checked),
      });
      box.checked = app.table.ticked.has(row.id);
      const link = make("a", {
        href: `${app.config.recordUrl}${row.id}/`, class: "grid-open", tabindex: "-1", onclick: (event) => openBeside(app, row.id, event),
        "aria-label": `Open ${row.name || "the record"}`, title: "Open the record beside the grid (Space)",
      }, "↗");
      return make("span", { class: "grid-tick-parts" }, box, link);
    },
  };
}

// With Ctrl the browser opens the record's own page in another tab.
function openBeside(app, id, event) {
  if (event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  app.openRecord(id);
}

function fieldColumn(app, field, isFirst) {
  return {
    title: field.label,
    field: field.id,
    frozen: isFirst,
    width: app.state.widths[field.name] || (isFirst ? (innerWidth < NARROW ? FIRST_NARROW : FIRST_WIDTH) : firstWidth(field)),
    minWidth: 60,
    hozAlign: field.numeric ? "right" : "left",
    cssClass: field.editable ? "" : "grid-fixed",
    titleFormatter: (cell, parameters, rendered) => {
      rendered(() => headAttributes(app, field, cell.getColumn().getElement()));
      return head(app, field);
    },
    headerClick: field.sortable ? (event) => app.sortBy(field, event.shiftKey) : undefined,
    formatter: (cell) => (cell.getData().kind ? "" : content(app, field, cell)),
    bottomCalc: () => "",
    bottomCalcFormatter: () => app.figures.footer(field),
  };
}

// Of the content, or of the label up to a point.
function firstWidth(field) {
  return Math.max(WIDTHS[field.control] || PLAIN_WIDTH, Math.min(LONGEST_LABEL, field.label.length) * LETTER + 20);
}

function head(app, field) {
  const at = app.state.sort.findIndex((key) => key.name === field.name);
  const key = app.state.sort[at];
  const mark = key ? `${key.down ? "↓" : "↑"}${app.state.sort.length > 1 ? at + 1 : ""}` : "";
  const title = [field.label, field.description, field.sortable ? "Click to sort, Shift and click to sort by several." : ""];
  return make("span", { title: title.filter(Boolean).join("\n") }, field.label, mark ? make("span", { class: "grid-order", "aria-hidden": "true" }, mark) : "");
}

function headAttributes(app, field, element) {
  const key = app.state.sort.find((each) => each.name === field.name);
  element.setAttribute("aria-sort", key ? (key.down ? "descending" : "ascending") : "none");
}

function content(app, field, cell) {
  const id = cell.getData().id;
  const element = cell.getElement();
  const pending = app.saving.pendingAt(id, field.id);
  element.classList.toggle("grid-refused", Boolean(pending?.problem));
  element.classList.toggle("grid-waiting", Boolean(pending && !pending.problem));
  element.classList.toggle("grid-theirs", app.live.isMarked(id, field.id));
  element.title = pending?.problem || "";
  if (!pending) return cellContent(field, cell.getValue());
  return make("span", {}, pending.text ?? shownText(field, pending.value));
}

/** Chooses columns and their order. */
export function openColumns(app) {
  const { state, fields, config } = app;
  const offered = [...fields.values()].filter((field) => field.name !== config.first && field.name !== "display_name");
  const order = [
    ...state.columns.map((name) => fields.get(name)).filter(Boolean),
    ...offered.filter((field) => !state.columns.includes(field.name)),
  ];
  const list = make("ol", { class: "grid-list" });
  const move = (item, by) => {
    const other = by < 0 ? item.previousElementSibling : item.nextElementSibling;
    if (!other) return;
    if (by < 0) other.before(item);
    else other.after(item);
    item.querySelector(by < 0 ? "[data-up]" : "[data-down]").focus();
  };
  for (const field of order) {
    const box = make("input", { type: "checkbox", value: field.name, checked: state.columns.includes(field.name) });
    const item = make("li", {}, make("label", {}, box, field.label));
    item.append(
      button("↑", () => move(item, -1), { "data-up": true, "aria-label": `Move ${field.label} up` }),
      button("↓", () => move(item, 1), { "data-down": true, "aria-label": `Move ${field.label} down` }),
    );
    list.append(item);
  }
  const apply = () => {
    state.columns = [...list.querySelectorAll("input:checked")].map((box) => box.value);
    dialog.close();
    app.changed();
  };
  const dialog = openDialog("Columns", [
    list,
    make("div", { class: "grid-row" }, button("Show these", apply, { class: "grid-button grid-primary" }), button("Cancel", () => dialog.close())),
  ]);
}
