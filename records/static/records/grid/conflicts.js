// Two people changed the same field: what it was, what they wrote and when, what you wrote; you choose, field by field.
import { button, make, openDialog } from "./dom.js";
import { shownText } from "./values.js";

const ENTRIES = 10; // of the history that are looked through for who it was

export class Conflicts {
  constructor(app) {
    this.app = app;
    this.open = [];
  }

  /** Asks about cells: each a `field` and the `change` of it, and for one that is not in the table `name`, `theirs`,
   * what is to be done once it is `decided`, and `after` all are. */
  add(id, cells) {
    for (const cell of cells) this.open.push({ id, ...cell });
    if (!this.showing) this.showing = this.show().finally(() => { this.showing = null; if (this.open.length) this.add(null, []); });
  }

  async show() {
    await Promise.resolve(); // those of the same answer are asked about together
    const asked = this.open.splice(0);
    if (!asked.length) return;
    const rows = await Promise.all(asked.map((one) => this.row(one)));
    await new Promise((resolve) => {
      const dialog = openDialog("Changed by somebody else in the meantime", [
        make("p", {}, "Nothing was overwritten. Choose what each of these fields is to be."),
        make("div", { class: "grid-scroll" }, make("table", { class: "grid-conflicts" },
          make("thead", {}, make("tr", {}, ...["Record", "Field", "Before", "Theirs", "Yours"].map((text) => make("th", { scope: "col" }, text)))),
          make("tbody", {}, ...rows.map((row) => row.element)))),
        make("div", { class: "grid-row" },
          button("Apply", () => { dialog.close(); this.apply(rows); }, { class: "grid-button grid-primary" }),
          button("Decide later", () => dialog.close())),
      ], { closed: resolve, wide: true });
    });
  }

  async row(asked) {
    const { id, field, change } = asked;
    const data = this.app.table.row(id)?.getData() || {};
    const who = await this.author(id, field);
    const name = `conflict-${id}-${field.id}`;
    const option = (value, text, checked) => make("label", {}, make("input", { type: "radio", name, value, checked }), text || "(blank)");
    const theirs = make("td", {}, option("theirs", shownText(field, "theirs" in asked ? asked.theirs : data[field.id]), true), make("small", {}, who));
    const element = make("tr", {},
      make("th", { scope: "row" }, asked.name || data.name || "Record"), make("td", {}, field.label),
      make("td", {}, shownText(field, change.base) || "(blank)"), theirs,
      make("td", {}, option("mine", change.text ?? shownText(field, change.value), false)));
    return { ...asked, element };
  }

  /** Who changed the field last, and when, as the history says. */
  async author(id, field) {
    try {
      const { content } = await this.app.api.history(id, ENTRIES);
      const entry = content.results.find((each) => each.changes.some((one) => one.id === field.id));
      if (!entry) return "";
      const { member } = entry;
      const name = member ? [member.first_name, member.last_name].filter(Boolean).join(" ") || member.email : "Nobody";
      return `${name}, ${entry.created.slice(0, 16).replace("T", " ")}`;
    } catch {
      return "";
    }
  }

  apply(rows) {
    for (const row of rows) this.decide(row);
    for (const after of new Set(rows.map((row) => row.after))) after?.();
  }

  /** Does what was chosen for a field; `decided`: who asked does it. */
  decide({ element, id, field, change, decided }) {
    const { saving, table } = this.app;
    const mine = element.querySelector("input[value=mine]").checked;
    if (decided) {
      decided(mine);
      return;
    }
    saving.settle(id, field.id);
    const row = table.row(id);
    if (mine && row) {
      saving.save(id, field, { text: change.text, shown: change.value, value: change.sent, base: row.getData()[field.id] ?? null });
    }
  }
}
