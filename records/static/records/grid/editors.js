// Editing a cell: an input of the right kind over it, which keeps what was typed until it is stored or left.
import { byId, make } from "./dom.js";
import { openPicker } from "./pickers.js";
import { cellText, valueIn } from "./values.js";

const PICKED = ["option", "options", "tags", "record", "member"];
const KINDS = { date: "date", "date-time": "datetime-local" };

export class Editing {
  constructor(app) {
    this.app = app;
    this.shown = null;
  }

  /** Opens the active cell. `typed`: the key that replaces what is in it. */
  open(typed) {
    const current = this.app.selection.current();
    if (!current || this.shown) return false;
    const { row, field } = current;
    const refusal = this.refusal(row.getData(), field);
    if (refusal) {
      this.app.note(refusal);
      return true;
    }
    const id = row.getIndex();
    const pending = this.app.saving.pendingAt(id, field.id);
    const value = pending && pending.text === undefined ? pending.value : row.getData()[field.id];
    const text = typed ?? pending?.text ?? cellText(field, value);
    const cell = this.app.selection.cellElement();
    if (!cell) return false;
    const finish = (result, move) => this.finish(id, field, result, move);
    const editor = PICKED.includes(field.control)
      ? openPicker(this.app, field, value, typed ?? "", finish)
      : this.input(field, text, typed !== undefined, finish);
    this.shown = { ...editor, id, field, base: row.getData()[field.id] ?? null };
    this.place(cell);
    editor.element.querySelector("input, textarea, select").focus();
    editor.ready?.();
    return true;
  }

  refusal(row, field) {
    if (this.app.state.tab === "archived") return "Archived records cannot be changed. Bring the record back first.";
    if (field.control === "open" && field.editable) return `${field.label} is edited on the record's own page: Ctrl and Enter open it.`;
    if (!field.editable) return `${field.label} cannot be changed.`;
    return row.mayEdit ? "" : "You may not change this record.";
  }

  input(field, text, typed, finish) {
    const long = field.control === "long";
    const kind = typed ? undefined : KINDS[field.control];
    const input = long
      ? make("textarea", { rows: "5", "aria-label": field.label })
      : make("input", { type: kind || "text", "aria-label": field.label, autocomplete: "off", inputmode: field.control === "number" ? "decimal" : null });
    if (field.control === "boolean") input.setAttribute("list", "yes-no");
    input.value = kind === "datetime-local" ? text.replace(" ", "T") : text;
    if (kind && text && !input.value) {
      input.type = "text";
      input.value = text;
    }
    const read = () => {
      const given = input.value;
      return { text: given, value: valueIn(field, given), same: given === text && !typed };
    };
    const element = make("div", { class: "grid-editor" }, input);
    element.addEventListener("keydown", (event) => {
      if (event.isComposing) return;
      if (event.key === "Escape") finish(null, [0, 0]);
      else if (event.key === "Enter" && !(long && (event.shiftKey || event.altKey))) finish(read(), [event.shiftKey ? -1 : 1, 0]);
      else if (event.key === "Tab") finish(read(), [0, event.shiftKey ? -1 : 1]);
      else return;
      event.preventDefault();
      event.stopPropagation();
    });
    input.addEventListener("blur", () => { if (document.hasFocus()) finish(read()); });
    return { element, read, ready: () => { if (input.type === "text" || long) input.setSelectionRange(input.value.length, input.value.length); } };
  }

  place(cell) {
    const { element } = this.shown;
    const box = cell.getBoundingClientRect();
    const around = this.app.table.element.getBoundingClientRect();
    const width = Math.max(box.width, this.shown.width || 0);
    const left = Math.max(0, Math.min(box.left - around.left, around.width - width - 4));
    element.style.left = `${left}px`;
    element.style.minWidth = `${width}px`;
    element.style.minHeight = `${box.height}px`;
    const below = around.bottom - box.top;
    if (this.shown.height && below < this.shown.height + 40) element.style.bottom = `${around.bottom - box.bottom}px`;
    else element.style.top = `${box.top - around.top}px`;
    byId("frame").append(element);
  }

  /** Stores what is being typed, if anything is. */
  commit() {
    if (this.shown) this.finish(this.shown.id, this.shown.field, this.shown.read());
  }

  /** Closes the editor. `result`: null to leave the cell as it was; `move`: where to go, by keys alone. */
  finish(id, field, result, move) {
    if (!this.shown) return;
    const { element, base } = this.shown;
    this.shown = null;
    element.remove();
    if (result?.later) this.later(id, field, base, result);
    else if (result && !result.same) this.app.saving.save(id, field, { ...result, base });
    if (!move) return;
    const { selection } = this.app;
    selection.focus();
    if (move[1]) selection.tab(move[1]);
    else if (move[0]) selection.go(selection.at.row + move[0], selection.at.column);
  }

  /** Stores what is still being looked up, once it is found. */
  async later(id, field, base, { text, later }) {
    const { saving } = this.app;
    const kept = { text, base, value: null, sent: null };
    saving.wait(id, field, kept);
    try {
      const found = await saving.busy(later);
      if (found.same) saving.settle(id, field.id);
      else saving.save(id, field, { ...found, base });
    } catch (refusal) {
      saving.fail(id, field, kept, refusal.message);
    }
  }
}
