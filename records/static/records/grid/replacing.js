// Find and replace in a text field of all records that are found: looked at first, then stored as one operation.
import { button, choice, make, openDialog } from "./dom.js";
import { clauseOf, narrowed } from "./grouping/narrowing.js";
import { counted, say } from "./messages.js";
import { rowOf } from "./table.js";

const MOST = 1000; // records of one request, which is one operation
const SHOWN = 20;
const TEXTS = ["text", "long"];

export const mayReplace = (field) => TEXTS.includes(field.control) && field.editable && !field.multiple
  && field.conditions.some(([name]) => name === "contains");

/** A text with every place of another replaced, as it is written. */
export function replaced(text, sought, given, matchCase) {
  const pattern = new RegExp(sought.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"), matchCase ? "gu" : "giu");
  return text.replace(pattern, () => given);
}

class Replacing {
  constructor(app) {
    this.app = app;
    this.fields = [...app.fields.values()].filter(mayReplace);
    this.changes = [];
  }

  open() {
    if (!this.fields.length) {
      say("There is no text field here that can be changed.");
      return;
    }
    const active = this.app.selection.current()?.field;
    const text = (id, label) => make("div", { class: "grid-row" }, make("label", { for: id }, label), make("input", { id, class: "grid-input", autocomplete: "off" }));
    this.field = choice("In the field", this.fields.map((field) => [field.name, field.label]), this.fields.includes(active) ? active.name : this.fields[0].name);
    this.matchCase = make("input", { type: "checkbox" });
    this.told = make("p", { role: "status" });
    this.list = make("tbody");
    this.table = make("div", { class: "grid-scroll" }, make("table", { class: "grid-conflicts", hidden: true },
      make("thead", {}, make("tr", {}, ...["Record", "Now", "Afterwards"].map((head) => make("th", { scope: "col" }, head)))), this.list));
    this.apply = button("Replace", () => this.store(), { class: "grid-button grid-primary", hidden: true });
    const form = make("form", { class: "grid-clauses", oninput: () => this.forget(), onsubmit: (event) => { event.preventDefault(); this.preview(); } },
      text("replace-find", "Find"), text("replace-with", "Replace with"),
      make("div", { class: "grid-row" }, "in", this.field, make("label", {}, this.matchCase, " Match case")),
      make("div", { class: "grid-row" }, make("button", { type: "submit", class: "grid-button" }, "Preview"), this.apply, button("Cancel", () => this.dialog.close())));
    this.dialog = openDialog("Find and replace", [form, this.told, this.table], { wide: true });
    this.dialog.querySelector("#replace-find").focus();
  }

  /** What was looked at is not what is asked for any more. */
  forget() {
    this.changes = [];
    this.asked = null;
    this.apply.hidden = true;
    this.table.firstElementChild.hidden = true;
    this.told.textContent = "";
  }

  async preview() {
    this.forget();
    const [sought, given] = ["find", "with"].map((part) => this.dialog.querySelector(`#replace-${part}`).value);
    if (!sought) return;
    const asked = this.asked = {};
    this.told.textContent = "Looking…";
    const { api, state, fields } = this.app;
    const field = fields.get(this.field.value);
    const clause = { ...clauseOf(field, "", sought), condition: "contains" };
    try {
      const { content } = await api.search({ ...narrowed(state.body([field.name, "display_name"], MOST), clause) });
      if (asked !== this.asked) return;
      const found = content.results.map(rowOf).map((row) => ({ row, field, before: String(row[field.id] ?? "") }))
        .map((change) => ({ ...change, after: replaced(change.before, sought, given, this.matchCase.checked) }))
        .filter((change) => change.after !== change.before);
      this.changes = found.filter((change) => change.row.mayEdit);
      this.show(content.count, found.length - this.changes.length);
    } catch (refusal) {
      if (asked === this.asked) this.told.textContent = refusal.message;
    }
  }

  show(count, locked) {
    const { changes } = this;
    const rest = [locked ? `${counted(locked, "record")} may not be changed by you.` : "",
      count > MOST ? `Only the first ${MOST.toLocaleString("en")} of ${counted(count, "record")} are changed at once.` : "",
      changes.length > SHOWN ? `The first ${SHOWN} are shown.` : ""];
    this.told.textContent = [changes.length ? `${counted(changes.length, "record")} would change.` : "Nothing would change.", ...rest].filter(Boolean).join(" ");
    this.list.replaceChildren(...changes.slice(0, SHOWN).map(({ row, before, after }) => make("tr", {},
      make("th", { scope: "row" }, row.name || "(no name)"), make("td", {}, before), make("td", {}, after || "(blank)"))));
    this.table.firstElementChild.hidden = !changes.length;
    this.apply.hidden = !changes.length;
    this.apply.textContent = `Replace in ${counted(changes.length, "record")}`;
  }

  /** Stores what was looked at; records that have changed since then are left as they are. */
  async store() {
    const { api, saving, history, table } = this.app;
    const { changes } = this;
    const items = changes.map(({ row, field, after }) => ({ id: row.id, if_version: row.version, fields: [{ id: field.id, value: after || null }] }));
    this.apply.disabled = true;
    try {
      const { content, operation } = await saving.busy(api.batch("patch", items));
      this.dialog.close();
      const done = changes.filter((change, at) => content.results[at].status < 300).map((change) => change.row.id);
      if (done.length) history.note(operation, done, `${changes[0].field.label} replaced in ${counted(done.length, "record")}.`);
      const refused = content.results.find((result) => result.status >= 300);
      if (refused) say(`${counted(changes.length - done.length, "record")} not changed: ${refused.errors?.detail || "refused."}`, { error: true });
      await table.refresh(done);
    } catch (refusal) {
      this.told.textContent = `Nothing was changed. ${refusal.message}`;
    } finally {
      this.apply.disabled = false;
    }
  }
}

export const openReplacing = (app) => new Replacing(app).open();
