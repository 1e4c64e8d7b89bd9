// The records of one group: which field's values make groups, what a group is called, and the search that finds it.
import { shownText } from "../values.js";

const GROUPED = ["option", "member", "record", "boolean", "date", "date-time"];
const PERIODS = [["month", "month"], ["year", "year"], ["week", "week"], ["day", "day"]];
const MONTH = { month: "long", year: "numeric", timeZone: "UTC" };

/** The fields that groups are made by: each record is in one group alone. */
export const mayGroup = (field) => GROUPED.includes(field.control) && !field.multiple && field.groups.length > 0;

/** The fields of which a board's columns are made: choices, stages among them. */
export const mayDivide = (field) => field.control === "option" && !field.multiple && field.groups.length > 0;

/** The periods by which the dates of a field can be grouped; none for other fields. */
export const periodsOf = (field) => PERIODS.filter(([period]) => field.groups.includes(period));

/** What a group is called in addresses and saved views; "" for records without a value. */
export function keyOf(value) {
  if (value === null || value === undefined) return "";
  return String(typeof value === "object" ? value.id : value);
}

/** A group as people read it. */
export function groupText(field, by, value) {
  if (value === null || value === undefined) return `No ${field.label}`;
  if (!by || by === "day") return shownText(field, value);
  const day = String(value).slice(0, 10);
  if (by === "year") return day.slice(0, 4);
  if (by === "month") return new Date(`${day}T00:00:00Z`).toLocaleDateString("en", MONTH);
  return `Week of ${day}`;
}

/** What the records of a group match. */
export function clauseOf(field, by, value) {
  if (value === null || value === undefined) return { field: field.name, condition: "is_blank", value: true };
  if (by) return { field: field.name, condition: "between", value: [String(value).slice(0, 10), lastDay(String(value).slice(0, 10), by)] };
  return { field: field.name, condition: "=", value: typeof value === "object" ? value.id : value };
}

function lastDay(first, by) {
  const day = new Date(`${first}T00:00:00Z`);
  if (by === "year") day.setUTCFullYear(day.getUTCFullYear() + 1);
  if (by === "month") day.setUTCMonth(day.getUTCMonth() + 1);
  if (by === "week") day.setUTCDate(day.getUTCDate() + 7);
  if (by === "day") day.setUTCDate(day.getUTCDate() + 1);
  day.setUTCDate(day.getUTCDate() - 1);
  return day.toISOString().slice(0, 10);
}

/** A search that finds, of what it found, the records that match a clause too. */
export function narrowed(body, clause) {
  const groups = body.query;
  if (body.and || groups.length < 2) return { ...body, and: true, query: [...groups, { and: true, filters: [clause] }] };
  // Groups of which any may match are narrowed one by one: searches have no third level.
  const query = groups.flatMap((group) => (group.and
    ? [{ and: true, filters: [...group.filters, clause] }]
    : group.filters.map((each) => ({ and: true, filters: [each, clause] }))));
  return { ...body, and: false, query };
}

/** Groups in the order in which people expect them: options as they are arranged, others as the server sorts them, the
 * records without a value last. */
export function inOrder(field, groups) {
  const place = (group) => {
    if (group.value === null) return Number.MAX_SAFE_INTEGER;
    const at = field.options.findIndex((option) => option.id === group.key);
    return at < 0 ? field.options.length : at;
  };
  return groups.map((group, at) => [place(group), at, group])
    .sort(([one, first], [other, second]) => one - other || first - second).map(([, , group]) => group);
}
