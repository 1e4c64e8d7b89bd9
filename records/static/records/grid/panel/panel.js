// One record beside the grid: its fields, what it is linked to, its files and its story. Others follow in the grid's order.
import { button, byId, make } from "../dom.js";
import { counted } from "../messages.js";
import { Form } from "./form.js";
import { filesOf, relatedRecords } from "./links.js";
import { Story } from "./story.js";
import { rowOf } from "../table.js";

const FOLLOW_PAUSE = 150; // milliseconds that the active row rests before the panel follows
const STEPS = { PageUp: -1, PageDown: 1 };

export class Panel {
  constructor(app) {
    this.app = app;
    this.id = "";
    this.element = byId("panel");
    this.form = new Form(app, () => this.tell());
    this.story = new Story(app);
    this.build();
    this.element.addEventListener("keydown", (event) => this.key(event));
  }

  build() {
    this.name = make("h2", { id: "panel-name", tabindex: "-1" });
    this.place = make("span", { class: "grid-subtle", id: "panel-place" });
    this.before = button("↑", () => this.step(-1), { "aria-label": "Previous record", title: "Alt + Page Up" });
    this.after = button("↓", () => this.step(1), { "aria-label": "Next record", title: "Alt + Page Down" });
    this.page = make("a", { class: "grid-button" }, "Full page");
    this.problem = make("div", { class: "grid-problem", role: "alert", hidden: true });
    this.links = this.section("Linked records", "related");
    this.files = this.section("Files", "files");
    this.told = this.section("History", "story");
    this.told.content.append(this.story.element);
    this.unsaved = make("span", { role: "status" });
    this.bar = make("div", { class: "panel-bar", hidden: true }, this.unsaved,
      button("Save", () => this.save(), { class: "grid-button grid-primary", "aria-keyshortcuts": "Control+S" }),
      button("Discard", () => { this.form.drop(); this.name.focus(); }));
    this.element.append(
      make("header", { class: "panel-head" }, make("div", { class: "grid-row" }, this.before, this.after, this.place,
        make("span", { class: "grid-end grid-row" }, this.page, button("×", () => this.close(), { "aria-label": "Close the record", title: "Escape" }))), this.name),
      make("div", { class: "panel-body", tabindex: "-1" }, this.problem, this.form.element, this.links.element, this.files.element, this.told.element),
      this.bar);
  }

  section(title, part) {
    const heading = make("summary", {}, title);
    const content = make("div");
    const element = make("details", { class: "panel-section", id: `panel-${part}`, open: part !== "files" }, heading, content);
    return { element, content, tell: (count) => { heading.textContent = count === null ? title : `${title} (${count})`; element.hidden = count === 0; } };
  }

  get isOpen() {
    return Boolean(this.id);
  }

  // ---------------------------------------------------------------- opening

  /** Shows a record; what was given for another is stored before. `focus`: where the focus goes, "" to leave it. */
  async open(id, { focus = "first" } = {}) {
    if (id === this.id && this.form.record?.id === id && !this.form.element.hidden) {
      if (focus) this.focus(this.form.focused());
      return true;
    }
    if (this.isOpen && this.form.isChanged && !(await this.form.save())) return false;
    const asked = { id };
    this.asked = asked;
    const field = focus === "kept" ? this.form.focused() : "";
    this.start(id);
    try {
      const { content } = await this.app.api.record(id);
      if (this.asked !== asked) return false;
      this.show(content);
    } catch (refusal) {
      if (this.asked === asked) this.fail(refusal);
      return false;
    }
    if (focus === "first" || (focus === "kept" && field)) this.focus(field);
    return true;
  }

  start(id) {
    const wasOpen = this.isOpen;
    this.id = id;
    this.element.hidden = false;
    this.problem.hidden = true;
    this.element.setAttribute("aria-busy", "true");
    document.body.classList.add("grid-beside");
    this.app.state.record = id;
    this.app.state.keep();
    if (!wasOpen) this.name.textContent = this.app.order.name(id) || "…";
    this.tell();
  }

  show(record) {
    if (record.id !== this.id) { // merged into another, which is shown in its place
      this.id = this.app.state.record = record.id;
      this.app.state.keep();
    }
    this.element.removeAttribute("aria-busy");
    this.name.textContent = record.display_name || "(no name)";
    this.page.href = `${this.app.config.recordUrl}${record.id}/`;
    this.form.element.hidden = false;
    this.form.show(record);
    this.showLinks();
    this.tell();
    this.story.show(record.id);
    this.showFiles(record.id);
  }

  showLinks() {
    const parts = relatedRecords(this.app, rowOf(this.form.record));
    this.links.content.replaceChildren(...parts);
    this.links.tell(parts.length ? null : 0);
  }

  async showFiles(id) {
    const found = await filesOf(this.app, id).catch(() => null);
    if (id !== this.id) return;
    this.files.content.replaceChildren(found ? found.element : "The files could not be loaded.");
    this.files.tell(found ? found.count : null);
  }

  fail(refusal) {
    this.element.removeAttribute("aria-busy");
    this.form.element.hidden = true;
    for (const part of [this.links, this.files, this.told]) part.tell(0);
    this.name.textContent = "Record";
    const gone = refusal.status === 404;
    this.problem.replaceChildren(gone ? "This record is archived, deleted, or not shared with you. " : `The record could not be loaded. ${refusal.message} `,
      gone ? "" : button("Retry", () => this.open(this.id)));
    this.problem.hidden = false;
    this.name.focus();
  }

  focus(field) {
    if (matchMedia("(pointer: coarse)").matches || !this.form.focus(field)) this.name.focus();
  }

  /** Closes the panel, unless something in it is not stored; the focus goes back to the record's row. */
  close() {
    if (this.form.isChanged) {
      this.bar.classList.add("panel-urged");
      this.bar.querySelector("button").focus();
      return;
    }
    const { id } = this;
    this.asked = null;
    this.id = "";
    this.element.hidden = true;
    document.body.classList.remove("grid-beside");
    this.app.state.record = "";
    this.app.state.keep();
    this.app.order.focus(id);
  }

  // ---------------------------------------------------------------- going on

  /** To the record before or after this one. */
  async step(by) {
    const next = await this.app.order.beside(this.id, by);
    if (next && (await this.open(next, { focus: "kept" }))) this.app.order.mark(next);
  }

  /** Follows the row that has become the active one, while nothing is being written. */
  follow(id) {
    clearTimeout(this.timer);
    if (!this.isOpen || id === this.id || this.form.isChanged) return;
    this.timer = setTimeout(() => { if (this.isOpen && !this.form.isChanged) this.open(id, { focus: "" }); }, FOLLOW_PAUSE);
  }

  /** Looks again after the record was changed elsewhere on this page, or by others. */
  async changed(ids, version = Infinity) {
    const { id } = this;
    if (!this.isOpen || !ids.includes(id) || this.form.record?.id !== id || this.form.record.version >= version) return;
    try {
      const { content } = await this.app.api.record(id);
      if (id === this.id) this.renew(content);
    } catch (refusal) {
      if (id === this.id && refusal.status === 404 && !this.form.isChanged) this.fail(refusal);
    }
  }

  renew(record) {
    if (record.version === this.form.record.version) return;
    this.form.took(record);
    this.name.textContent = record.display_name || "(no name)";
    this.showLinks();
    this.story.show(record.id);
  }

  async save() {
    const { id } = this;
    const before = this.form.focused();
    const stored = await this.form.save();
    if (!stored || id !== this.id) return;
    this.name.textContent = this.form.record.display_name || "(no name)";
    if (!before && this.bar.hidden) this.name.focus();
    this.showLinks();
    this.story.show(id);
  }

  tell() {
    const count = this.form.drafts.size;
    this.unsaved.textContent = count ? `${counted(count, "field")} not saved` : "";
    this.bar.hidden = !count;
    this.bar.classList.toggle("panel-urged", false);
    const { at, of } = this.app.order.place(this.id);
    this.place.textContent = at < 0 ? "Not among the records shown" : `${(at + 1).toLocaleString("en")} of ${(of ?? 0).toLocaleString("en")}`;
    this.before.disabled = at <= 0;
    this.after.disabled = at < 0 || at + 1 >= of;
  }

  key(event) {
    const command = event.ctrlKey || event.metaKey;
    if (command && event.key.toLowerCase() === "s") this.save();
    else if (event.key === "Escape") this.close();
    else if (event.altKey && STEPS[event.key]) this.step(STEPS[event.key]);
    else if (event.key === "F6") this.app.order.focus(this.id);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
}
