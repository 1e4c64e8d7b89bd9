// What belongs to a record: the records it is linked to, and its files.
import { make } from "../dom.js";

const KILO = 1024;
const UNITS = ["bytes", "kB", "MB", "GB"];
const listed = (value) => (Array.isArray(value) ? value : value ? [value] : []);

function sizeText(bytes) {
  const step = Math.min(UNITS.length - 1, Math.floor(Math.log(Math.max(bytes, 1)) / Math.log(KILO)));
  const number = bytes / KILO ** step;
  return `${step ? number.toFixed(1) : number} ${UNITS[step]}`;
}

/** The records that a record is linked to, by relationship; each opens beside the grid of its object. */
export function relatedRecords(app, row) {
  const links = [...app.fields.values()].filter((field) => field.relation?.related_object && listed(row[field.id]).length);
  return links.map((field) => make("section", { "aria-label": field.label },
    make("h4", { class: "panel-label" }, `${field.label} (${listed(row[field.id]).length})`),
    make("ul", { class: "panel-links" }, ...listed(row[field.id]).map((item) => make("li", {}, recordLink(app, field, item))))));
}

function recordLink(app, field, item) {
  const target = field.relation.related_object;
  const own = target === app.config.object;
  const grid = `${app.config.recordUrl.replace(app.config.object, target)}grid/`;
  const link = make("a", { href: `${grid}?record=${encodeURIComponent(item.id)}` }, item.display_name || item.name || "(no name)");
  if (own) {
    link.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      app.panel.open(item.id);
    });
  }
  return link;
}

/** The files of a record, to fetch. */
export async function filesOf(app, id) {
  const { content } = await app.api.files(id);
  const address = `${app.config.recordUrl}${id}/files/fetch/?filename=`;
  const rows = content.results.map((file) => make("li", {},
    make("a", { href: address + encodeURIComponent(file.filename) }, file.filename), make("span", { class: "grid-subtle" }, ` ${sizeText(file.size)}`)));
  return { count: rows.length, element: make("ul", { class: "panel-links" }, ...rows) };
}
