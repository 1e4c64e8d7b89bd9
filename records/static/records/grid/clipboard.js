// Blocks of cells to and from spreadsheets: tab-separated texts, and each paste one request and one operation.
import { say } from "./messages.js";
import { cellText, sentValue, valueIn } from "./values.js";

const MOST_CELLS = 50000;

/** The cells of a text as spreadsheets copy them: quotes keep tabs, quotes and line breaks together. */
export function rowsIn(text) {
  const rows = [[]];
  let cell = "";
  let quoted = false;
  const source = text.replace(/\r\n?/g, "\n").replace(/\n$/, "");
  for (let at = 0; at < source.length; at += 1) {
    const letter = source[at];
    if (quoted) {
      if (letter !== '"') cell += letter;
      else if (source[at + 1] === '"') { cell += '"'; at += 1; } else quoted = false;
    } else if (letter === '"' && cell === "" && closes(source, at)) quoted = true;
    else if (letter === "\t" || letter === "\n") {
      rows.at(-1).push(cell);
      cell = "";
      if (letter === "\n") rows.push([]);
    } else cell += letter;
  }
  rows.at(-1).push(cell);
  return rows;
}

// A quote begins a quoted cell only if one that ends it follows: others are part of a text.
function closes(source, at) {
  return /^"(?:[^"]|"")*"(?:[\t\n]|$)/.test(source.slice(at));
}

const quoted = (text) => (/[\t\n"]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

export class Clipboard {
  constructor(app) {
    this.app = app;
    this.copied = null; // the text of the last copy, with the values it was made of
  }

  start() {
    const { element } = this.app.table;
    document.addEventListener("copy", (event) => this.copy(event));
    document.addEventListener("cut", (event) => { if (this.copy(event)) this.clear(); });
    document.addEventListener("paste", (event) => {
      if (!this.isOurs(event)) return;
      event.preventDefault();
      this.paste(event.clipboardData.getData("text/plain"));
    });
    this.element = element;
  }

  // Inputs keep their own copy and paste.
  isOurs(event) {
    return document.activeElement === this.element && !event.target.closest?.("input, textarea") && Boolean(this.app.selection.at);
  }

  block() {
    const { selection, table } = this.app;
    const block = selection.block();
    if (!block) return null;
    const fields = table.columns().slice(block.left, block.right + 1).map((column) => this.app.byId.get(column.getField()));
    const rows = table.rows.slice(block.top, block.bottom + 1);
    return { ...block, fields, rows };
  }

  copy(event) {
    if (!this.isOurs(event)) return false;
    const { fields, rows } = this.block();
    const values = rows.map((row) => fields.map((field) => ({ field, value: row.getData()[field.id] ?? null })));
    const text = values.map((cells) => cells.map(({ field, value }) => quoted(cellText(field, value))).join("\t")).join("\n");
    event.clipboardData.setData("text/plain", text);
    event.preventDefault();
    this.copied = { text, values };
    return true;
  }

  /** Puts a text into the table from the active cell on. One cell fills the whole block. */
  async paste(text) {
    const block = this.block();
    if (!block || !text) return;
    const given = rowsIn(text);
    const own = this.copied && this.copied.text === text.replace(/\r\n?/g, "\n") ? this.copied.values : null;
    const fills = given.length === 1 && given[0].length === 1;
    const height = fills ? block.bottom - block.top + 1 : given.length;
    const width = fills ? block.right - block.left + 1 : Math.max(...given.map((cells) => cells.length));
    const at = (row, column) => (fills ? [0, 0] : [row, column]);
    await this.put(block, height, width, (field, row, column) => {
      const [down, right] = at(row, column);
      const cell = given[down][right];
      if (cell === undefined) return undefined;
      const known = own?.[down][right];
      if (known && known.field.id === field.id) return { value: sentValue(field, known.value), shown: known.value, text: cell };
      return { value: valueIn(field, cell), text: cell };
    }, "Paste");
  }

  /** Fills the block with the values of its first row. */
  fillDown() {
    const block = this.block();
    if (!block || block.top === block.bottom) return true;
    const first = block.rows[0].getData();
    const from = { ...block, top: block.top + 1 };
    this.put(from, block.bottom - block.top, block.fields.length, (field) => ({
      value: sentValue(field, first[field.id]), shown: first[field.id] ?? null, text: cellText(field, first[field.id]),
    }), "Fill down");
    return true;
  }

  clear() {
    const block = this.block();
    if (!block) return false;
    this.put(block, block.rows.length, block.fields.length, () => ({ value: null, text: "" }), "Clear");
    return true;
  }

  /** Stores what `make` says of each cell of a block, as one change. */
  async put(block, height, width, make, what) {
    const { table, editing, saving, selection } = this.app;
    if (height * width > MOST_CELLS) {
      say(`At most ${MOST_CELLS.toLocaleString("en")} cells at once. Import a file instead.`, { error: true });
      return;
    }
    const fields = table.columns().slice(block.left, block.left + width).map((column) => this.app.byId.get(column.getField()));
    const changes = new Map();
    const refused = new Set();
    for (let down = 0; down < height; down += 1) {
      const row = table.rows[block.top + down];
      if (!row) break;
      const cells = [];
      fields.forEach((field, right) => {
        const made = make(field, down, right);
        if (made === undefined) return;
        const refusal = editing.refusal(row.getData(), field);
        if (refusal) refused.add(refusal);
        else if (cellText(field, row.getData()[field.id]) !== made.text) cells.push({ field, ...made });
      });
      if (cells.length) changes.set(row.getIndex(), cells);
    }
    const beyond = block.top + height - table.rows.length;
    if (beyond > 0) say(`${beyond} rows of the paste lie below the last record that is loaded, and were left out.`, { error: true });
    if (refused.size) say(`Left out: ${[...refused].join(" ")}`, { error: true });
    selection.extendTo({ row: Math.min(block.top + height, table.rows.length) - 1, column: block.left + fields.length - 1 });
    if (changes.size) await this.members(changes).then(() => saving.saveMany(changes, what));
  }

  /** Members are pasted by their name or email: finds who is meant. */
  async members(changes) {
    const cells = [...changes.values()].flat().filter((cell) => cell.field.control === "member" && typeof cell.value === "string" && !("shown" in cell));
    for (const cell of cells) {
      const sought = cell.text.trim().toLocaleLowerCase();
      const { content } = await this.app.api.members(cell.text.trim()).catch(() => ({ content: [] }));
      const found = content.find((member) => [member.display_name, member.email].some((name) => name?.toLocaleLowerCase() === sought));
      if (found) Object.assign(cell, { value: found.id, shown: found });
    }
  }
}
