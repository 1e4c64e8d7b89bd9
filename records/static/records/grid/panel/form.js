// The fields of the record in the panel: what was given and is not stored yet, and storing it as one change.
import { make } from "../dom.js";
import { counted, say } from "../messages.js";
import { rowOf } from "../table.js";
import { isSame, shownText } from "../values.js";
import { controlOf } from "./controls.js";

const TRIES = 5;
const SYSTEM = ["created", "updated", "display_name"];
const BY_OTHERS = "Somebody else changed this in the meantime.";

export class Form {
  constructor(app, told) {
    this.app = app;
    this.told = told; // of what is not stored yet
    this.drafts = new Map();
    this.general = make("p", { class: "grid-problem", role: "alert", hidden: true });
    this.element = make("form", { class: "panel-form", novalidate: true, onsubmit: (event) => event.preventDefault() }, this.general);
  }

  get isChanged() {
    return this.drafts.size > 0;
  }

  /** Shows a record from the start; what was given for another is gone. */
  show(record) {
    this.drafts.clear();
    this.general.hidden = true;
    this.record = record;
    this.row = rowOf(record);
    this.controls = new Map();
    const sections = this.byCategory().map(([id, name, fields]) => make("section", { "aria-label": name || "Fields" },
      name ? make("h3", { id: `category-${id}`, class: "panel-category" }, name) : "",
      ...fields.map((field) => this.control(field))));
    this.element.replaceChildren(this.general, ...sections);
    this.told();
  }

  byCategory() {
    const fields = [...this.app.fields.values()].filter((field) => !SYSTEM.includes(field.computed));
    const known = this.app.config.categories;
    const of = (id) => fields.filter((field) => field.category === id);
    const rest = fields.filter((field) => !known.some(([id]) => id === field.category) && this.app.config.drawsAll);
    return [...known.map(([id, name]) => [id, name, of(id)]), ["rest", "", rest]].filter(([, , found]) => found.length);
  }

  control(field) {
    const made = controlOf(this.app, field, this.record.access.edit, (change, problem) => this.given(field, change, problem));
    made.set(this.row[field.id] ?? null);
    this.controls.set(field.id, made);
    return made.element;
  }

  given(field, change, problem = "") {
    if (change) this.drafts.set(field.id, { ...change, base: this.drafts.get(field.id)?.base ?? this.row[field.id] ?? null });
    else this.drafts.delete(field.id);
    this.controls.get(field.id).fail(problem);
    this.told();
  }

  /** Takes over what the record has become elsewhere; what is being written here stays. */
  took(record) {
    if (record.version < this.record.version) return;
    const before = this.row;
    this.record = record;
    this.row = rowOf(record);
    for (const [id, made] of this.controls) {
      if (isSame(made.field, before[id], this.row[id])) continue;
      if (!this.drafts.has(id)) made.set(this.row[id] ?? null);
      else if (!isSame(made.field, this.drafts.get(id).base, this.row[id])) made.fail(BY_OTHERS);
    }
  }

  /** Gives back what the record has. */
  drop() {
    for (const id of [...this.drafts.keys()]) this.settle(id);
    this.general.hidden = true;
    this.told();
  }

  settle(id) {
    this.drafts.delete(id);
    this.controls.get(id).fail("");
    this.controls.get(id).set(this.row[id] ?? null);
  }

  // ---------------------------------------------------------------- storing

  /** Stores what was given as one change of the record; tells whether nothing is left to store. */
  async save() {
    if (!this.drafts.size) return true;
    this.general.hidden = true;
    this.turn = this.turn || this.app.saving.queued(this.record.id, () => this.send()).finally(() => { this.turn = null; });
    const stored = await this.turn;
    this.told();
    return stored && !this.drafts.size;
  }

  async send() {
    for (let tries = 0; tries < TRIES; tries += 1) {
      const sent = [...this.drafts];
      const collided = sent.filter(([id, change]) => !isSame(this.app.byId.get(id), this.row[id], change.base));
      if (collided.length) return this.collide(collided);
      try {
        const entries = sent.map(([id, change]) => ({ id, value: change.value }));
        this.stored(await this.app.api.change(this.record.id, this.record.version, entries), sent);
        return true;
      } catch (refusal) {
        if (refusal.status !== 412) return this.refuse(refusal, sent);
        await this.look();
      }
    }
    return false;
  }

  stored({ content, operation }, sent) {
    for (const [id, change] of sent) {
      const now = this.drafts.get(id);
      if (now === change) this.drafts.delete(id);
      else if (now) now.base = rowOf(content)[id] ?? null; // it was written on meanwhile
    }
    this.record = content;
    this.row = rowOf(content);
    for (const [id, made] of this.controls) if (!this.drafts.has(id)) { made.fail(""); made.set(this.row[id] ?? null); }
    this.app.table.show(content);
    if (content.action === "unchanged") return;
    const labels = sent.map(([id]) => this.app.byId.get(id).label);
    const what = labels.length > 2 ? counted(labels.length, "field") : labels.join(" and ");
    this.app.history.note(operation, [content.id], `${what} of ${content.display_name || "the record"} changed.`);
  }

  /** Reads the record again after somebody else has changed it; other fields than ours are merged. */
  async look() {
    const before = this.row;
    this.took((await this.app.api.record(this.record.id)).content);
    this.app.table.show(this.record);
    const merged = [...this.controls.values()].map((made) => made.field)
      .filter((field) => !this.drafts.has(field.id) && !isSame(field, before[field.id], this.row[field.id]));
    if (merged.length) say(`Somebody else changed ${merged.map((field) => field.label).join(", ")} of this record; both changes are kept.`);
  }

  collide(cells) {
    const { id, display_name: name } = this.record;
    this.app.conflicts.add(id, cells.map(([fieldId, change]) => {
      const field = this.app.byId.get(fieldId);
      this.controls.get(fieldId).fail(BY_OTHERS);
      const kept = { ...change, text: change.text ?? shownText(field, change.shown), sent: change.value };
      return { field, change: kept, name, theirs: this.row[fieldId] ?? null, decided: (mine) => this.decided(fieldId, mine), after: () => this.save() };
    }));
    return false;
  }

  decided(id, mine) {
    const change = this.drafts.get(id);
    if (!change || !mine) {
      this.settle(id);
      this.told();
      return;
    }
    change.base = this.row[id] ?? null;
    this.controls.get(id).fail("");
  }

  refuse(refusal, sent) {
    const { fields = [], non_field_errors: general = [] } = refusal.content;
    const said = [...general];
    fields.forEach((entry, at) => {
      const texts = Object.entries(entry).filter(([part]) => !["id", "field"].includes(part)).flatMap(([, found]) => found);
      if (!texts.length) return;
      if (at < sent.length) this.controls.get(sent[at][0])?.fail(texts.join(" "));
      else said.push(texts.join(" "));
    });
    this.general.textContent = said.join(" ") || (fields.some((entry) => Object.keys(entry).length) ? "" : refusal.message);
    this.general.hidden = !this.general.textContent;
    [...this.controls.values()].find((made) => made.element.classList.contains("panel-refused"))?.focus();
    return false;
  }

  // ---------------------------------------------------------------- focus

  /** The name of the field that has the focus. */
  focused() {
    return document.activeElement?.closest?.(".panel-field")?.dataset.field || "";
  }

  focus(name) {
    const open = [...this.controls.values()].filter((made) => made.isOpen);
    const made = open.find((each) => each.field.name === name) || open[0];
    made?.focus();
    return Boolean(made);
  }
}
