// The order of the records: by the heads of columns, or as a list that the keyboard reaches.
import { button, choice, make, openDialog } from "./dom.js";

const NEXT = (key) => (key === undefined ? { down: false } : key.down ? null : { down: true });

/** The order after a click on the head of a column: up, down, none. `beside` keeps the others. */
export function clicked(sort, name, beside) {
  const next = NEXT(sort.find((key) => key.name === name));
  if (!beside) return next ? [{ name, ...next }] : [];
  const kept = sort.map((key) => (key.name === name ? next && { name, ...next } : key)).filter(Boolean);
  return sort.some((key) => key.name === name) ? kept : [...sort, { name, ...next }];
}

export function openSorting(app) {
  const offered = [...app.fields.values()].filter((field) => field.sortable).map((field) => [field.name, field.label]);
  const list = make("ol", { class: "grid-list" });
  const add = (key) => {
    const item = make("li", {},
      choice("Sort by", offered, key.name),
      choice("Direction", [["up", "A to Z, low to high"], ["down", "Z to A, high to low"]], key.down ? "down" : "up"),
      button("×", () => item.remove(), { "aria-label": "Remove this order" }));
    list.append(item);
    return item;
  };
  app.state.sort.forEach(add);
  if (!app.state.sort.length) add({ name: offered[0][0], down: false });
  const apply = () => {
    const keys = [...list.children].map((item) => {
      const [name, direction] = [...item.querySelectorAll("select")].map((select) => select.value);
      return { name, down: direction === "down" };
    });
    app.state.sort = keys.filter((key, at) => keys.findIndex((other) => other.name === key.name) === at);
    dialog.close();
    app.changed();
  };
  const dialog = openDialog("Sort", [
    list,
    button("Then by…", () => add({ name: offered[0][0], down: false }).querySelector("select").focus()),
    make("div", { class: "grid-row" },
      button("Apply", apply, { class: "grid-button grid-primary" }),
      button("No order", () => { app.state.sort = []; dialog.close(); app.changed(); }),
      button("Cancel", () => dialog.close())),
  ]);
}
