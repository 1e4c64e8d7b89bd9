// Values as people read, copy and type them. What a text means in the end is the server's to say.
import { make } from "./dom.js";

const YES = ["yes", "true", "y", "1", "x"];
const NO = ["no", "false", "n", "0"];
const TONES = 8;

const listed = (value) => (Array.isArray(value) ? value : value === null || value === undefined ? [] : [value]);

function nameOf(item) {
  if (item === null || typeof item !== "object") return String(item);
  const person = [item.first_name, item.last_name].filter(Boolean).join(" ");
  return item.display_name || item.name || item.filename || person || item.email || item.full_name || "";
}

function plainText(html) {
  return new DOMParser().parseFromString(html, "text/html").body.textContent.trim();
}

function amount(field, value) {
  const number = Number(value.amount);
  if (String(number) !== String(value.amount)) return `${value.symbol || ""}${value.amount}`;
  return `${number < 0 ? "-" : ""}${value.symbol || ""}${Math.abs(number).toLocaleString("en", { minimumFractionDigits: Number.isInteger(number) ? 0 : 2 })}`;
}

/** A value as text for reading. */
export function shownText(field, value) {
  if (field.amount && value && typeof value === "object") return amount(field, value);
  return cellText(field, value);
}

/** A value as text for copying and editing: typed back it is the same value. */
export function cellText(field, value) {
  if (value === null || value === undefined) return "";
  if (typeof value === "boolean") return value ? "Yes" : "No";
  if (field.amount && typeof value === "object") return String(value.amount);
  if (field.html) return plainText(String(value));
  if (field.control === "date-time") return String(value).slice(0, 16).replace("T", " ");
  if (Array.isArray(value)) return value.map(nameOf).map(quotedName).join("; ");
  if (typeof value === "object") {
    return value.id || value.name ? nameOf(value) : JSON.stringify(value);
  }
  return String(value);
}

const quotedName = (name) => (/[;"]/.test(name) ? `"${name.replaceAll('"', '""')}"` : name);

/** The names of a list that is divided by semicolons; quotes keep what is between them together. */
export function namesIn(text) {
  const found = text.match(/\s*("(?:[^"]|"")*"|[^;]*)\s*(?:;|$)/g) || [];
  return found.map((part) => part.replace(/;$/, "").trim())
    .map((part) => (/^".*"$/s.test(part) ? part.slice(1, -1).replaceAll('""', '"') : part))
    .filter(Boolean);
}

const folded = (text) => text.trim().toLocaleLowerCase();

function optionNamed(field, text) {
  const sought = folded(text);
  const found = field.options.find((option) => folded(option.name) === sought)
    || field.options.find((option) => folded(option.code || "") === sought);
  return found ? { id: found.id } : { name: text.trim() };
}

const READERS = {
  number: (field, text) => {
    const bare = text.trim().replace(/^(-?)[$€£¥]\s?/, "$1");
    return /^-?\d{1,3}(,\d{3})+(\.\d+)?$/.test(bare) ? bare.replaceAll(",", "") : bare;
  },
  boolean: (field, text) => {
    const word = folded(text);
    return YES.includes(word) ? true : NO.includes(word) ? false : text;
  },
  option: optionNamed,
  options: (field, text) => namesIn(text).map((name) => optionNamed(field, name)),
  tags: (field, text) => namesIn(text),
  record: (field, text) => {
    const named = (name) => ({ name });
    return field.multiple ? namesIn(text).map(named) : named(text.trim());
  },
  "date-time": (field, text) => text.trim().replace(" ", "T"),
  date: (field, text) => text.trim(),
};

/** What a text is sent as; null clears. */
export function valueIn(field, text) {
  if (text.trim() === "") return null;
  const read = READERS[field.control];
  return read ? read(field, text) : text;
}

/** What a value that was read is sent as. */
export function sentValue(field, value) {
  if (value === null || value === undefined) return null;
  if (field.amount && typeof value === "object") return value.amount;
  if (field.control === "tags") return listed(value).map((item) => item.name ?? item);
  if (["option", "options"].includes(field.control)) {
    const ids = listed(value).map((item) => ({ id: item.id }));
    return field.control === "option" ? ids[0] : ids;
  }
  if (["record", "member"].includes(field.control)) {
    const ids = listed(value).map((item) => item.id);
    return field.multiple ? ids : ids[0];
  }
  return value;
}

/** Whether two values that were read are the same. */
export function isSame(field, one, other) {
  return JSON.stringify(sentValue(field, one)) === JSON.stringify(sentValue(field, other));
}

/** The class of an option's colour, by its place among the options. */
export function toneOf(field, item) {
  const at = field.options.findIndex((option) => option.id === item.id);
  const sum = [...String(nameOf(item))].reduce((total, letter) => total + letter.codePointAt(0), 0);
  return `grid-tone-${(at >= 0 ? at : sum) % TONES}`;
}

/** A value as the content of a cell. */
export function cellContent(field, value) {
  const parts = document.createDocumentFragment();
  if (["option", "options", "tags"].includes(field.control)) {
    for (const item of listed(value)) {
      parts.append(make("span", { class: `grid-chip ${toneOf(field, item)}` }, nameOf(item)));
    }
    return parts;
  }
  if (["record", "member"].includes(field.control)) {
    for (const item of listed(value)) parts.append(make("span", { class: "grid-chip" }, nameOf(item)));
    return parts;
  }
  if (typeof value === "boolean") {
    parts.append(make("span", { class: value ? "grid-yes" : "grid-no" }, value ? "Yes" : "No"));
    return parts;
  }
  parts.append(shownText(field, value));
  return parts;
}
