// What a condition compares with: the input for it, and how it reads in words.
import { choice, make } from "./dom.js";
import { namesIn } from "./values.js";

const CHOSEN = ["option", "options", "tags"];
const PAUSE = 200;
const day = (date) => `${date.getFullYear()}-${String(date.getMonth() + 1).padStart(2, "0")}-${String(date.getDate()).padStart(2, "0")}`;

export const isList = (condition) => /any|none/.test(condition);
const listed = (value) => (Array.isArray(value) ? value : value === undefined || value === null || value === "" ? [] : [value]);

function presets(now = new Date()) {
  const [year, month, date] = [now.getFullYear(), now.getMonth(), now.getDate()];
  const monday = date - ((now.getDay() + 6) % 7);
  const span = (from, to) => [day(from), day(to)];
  return {
    Today: span(now, now),
    Yesterday: span(new Date(year, month, date - 1), new Date(year, month, date - 1)),
    "This week": span(new Date(year, month, monday), new Date(year, month, monday + 6)),
    "Last 7 days": span(new Date(year, month, date - 6), now),
    "Last 30 days": span(new Date(year, month, date - 29), now),
    "This month": span(new Date(year, month, 1), new Date(year, month + 1, 0)),
    "Last month": span(new Date(year, month - 1, 1), new Date(year, month, 0)),
    "This year": span(new Date(year, 0, 1), new Date(year, 11, 31)),
    "Last year": span(new Date(year - 1, 0, 1), new Date(year - 1, 11, 31)),
  };
}

function plain(field, type, value, read) {
  const input = make("input", { class: "grid-input", type, "aria-label": `Value of ${field.label}`, autocomplete: "off" });
  input.value = value ?? "";
  return { element: input, read: () => read(input.value) };
}

function pair(field, type, value, read) {
  const [from, to] = [0, 1].map((at) => plain(field, type, listed(value)[at], read));
  from.element.setAttribute("aria-label", `${field.label} from`);
  to.element.setAttribute("aria-label", `${field.label} to`);
  const parts = make("span", { class: "grid-row" }, from.element, "and", to.element);
  if (type !== "text") {
    const named = presets();
    parts.append(choice("Preset", [["", "Preset…"], ...Object.keys(named).map((name) => [name, name])], "", (name) => {
      if (name) [from.element.value, to.element.value] = named[name];
    }));
  }
  return { element: parts, read: () => [from.read(), to.read()] };
}

function options(field, pairs, value, many) {
  const select = make("select", { class: "grid-input", "aria-label": `Value of ${field.label}`, multiple: many, size: many ? "5" : null });
  const chosen = listed(value).map((item) => String(item?.id ?? item));
  for (const [key, text] of pairs) select.append(make("option", { value: key, selected: chosen.includes(key) }, text));
  return { element: select, read: () => (many ? [...select.selectedOptions].map((one) => one.value) : select.value) };
}

/** Records are sought while one types, and chosen from what is found. */
function records(app, field, value, many) {
  const chosen = listed(value);
  const search = make("input", { class: "grid-input", type: "search", "aria-label": `Find ${field.label}`, placeholder: "Type to find…" });
  const select = make("select", { class: "grid-input", "aria-label": `Value of ${field.label}`, multiple: many, size: many ? "5" : null });
  const fill = (items) => {
    const kept = [...select.selectedOptions].map((one) => ({ id: one.value, name: one.textContent }));
    const all = [...kept, ...items].filter((item, at, every) => every.findIndex((one) => one.id === item.id) === at);
    select.replaceChildren(...all.map((item) => make("option", { value: item.id, selected: kept.some((one) => one.id === item.id) }, item.name)));
  };
  for (const id of chosen) select.append(make("option", { value: id, selected: true }, app.filters.names.get(id) || id));
  const ask = async () => {
    const target = field.relation?.related_object;
    if (!target) return;
    const { content } = await app.api.named(target, search.value).catch(() => ({ content: { results: [] } }));
    for (const record of content.results) app.filters.names.set(record.id, record.display_name);
    fill(content.results.map((record) => ({ id: record.id, name: record.display_name })));
  };
  let timer;
  search.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(ask, PAUSE); });
  ask();
  return { element: make("span", { class: "grid-row" }, search, select), read: () => (many ? [...select.selectedOptions].map((one) => one.value) : select.value) };
}

const number = (text) => (text.trim() !== "" && String(Number(text)) === text.trim() ? Number(text) : text.trim());

/** The input for what a condition compares with; nothing for being blank. */
export function valueInput(app, field, condition, value) {
  if (condition.startsWith("is_blank")) return { element: make("span"), read: () => condition !== "is_blank:false" };
  const many = isList(condition);
  if (field.control === "boolean") {
    const chosen = options(field, [["true", "Yes"], ["false", "No"]], value === undefined ? "true" : listed(value).map(String), many);
    return { element: chosen.element, read: () => (many ? chosen.read().map((word) => word === "true") : chosen.read() === "true") };
  }
  if (CHOSEN.includes(field.control)) return options(field, field.options.map((option) => [option.id, option.name]), value, many);
  if (field.control === "member") return options(field, app.members.map((member) => [member.id, member.name]), value, many);
  if (field.control === "record") return records(app, field, value, many);
  if (condition === "month_equals") return plain(field, "number", value, number);
  const type = ["date", "date-time"].includes(field.control) ? "date" : "text";
  const read = field.numeric ? number : (text) => text;
  if (condition === "between") return pair(field, type, value, read);
  if (many) return plain(field, "text", listed(value).join("; "), (text) => namesIn(text).map(read));
  return plain(field, type, value, read);
}

function itemWords(app, field, item) {
  if (typeof item === "boolean") return item ? "Yes" : "No";
  const id = String(item?.id ?? item);
  if (CHOSEN.includes(field.control)) return field.options.find((option) => option.id === id)?.name || item?.name || id;
  if (field.control === "member") return app.members.find((member) => member.id === id)?.name || id;
  if (field.control === "record") return app.filters.names.get(id) || "a record";
  return id;
}

/** A clause as a person reads it. */
export function clauseWords(app, clause) {
  const field = app.fields.get(clause.field) || app.byId.get(clause.field);
  if (!field) return clause.type === "related_object" ? "A filter on linked records" : "A filter on a field that is gone";
  const key = clause.condition === "is_blank" ? `is_blank:${clause.value !== false}` : clause.condition;
  const label = (field.conditions.find(([name]) => name === key)?.[1] || key).replace(/ \(.*\)$/, "");
  if (key.startsWith("is_blank")) return `${field.label} ${label}`;
  const items = listed(clause.value).map((item) => itemWords(app, field, item));
  return `${field.label} ${label} ${items.join(key === "between" ? " and " : " or ")}`;
}
