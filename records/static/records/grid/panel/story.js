// What became of a record: who did what and when, with each value before and after, in words.
import { button, make } from "../dom.js";
import { shownText } from "../values.js";

const ENTRIES = 10;
const SOURCES = { admin: "in the admin", records_api: "", workspace_api: "through the Workspace API", mcp: "by an agent", import: "by an import" };
const DONE = {
  created: "created the record", updated: "changed", archived: "archived the record", unarchived: "brought the record back",
  merged: "merged records", restored: "restored the record", trashed: "moved the record to the trash", cancelled: "cancelled the record",
};

/** A moment that the server told in the workspace's time zone. */
export const momentText = (created) => created.slice(0, 16).replace("T", " ");

const nameOf = (member) => (member ? [member.first_name, member.last_name].filter(Boolean).join(" ") || member.email : "Nobody");

export class Story {
  constructor(app) {
    this.app = app;
    this.list = make("ol", { class: "panel-story" });
    this.more = button("Older", () => this.next(), { hidden: true });
    this.problem = make("p", { class: "grid-problem", role: "alert", hidden: true });
    this.element = make("div", {}, this.list, this.problem, this.more);
  }

  /** Shows the story of a record from its newest entry on. */
  async show(id) {
    Object.assign(this, { id, page: 0 });
    await this.next(true);
  }

  async next(anew) {
    const { id } = this;
    this.more.disabled = true;
    try {
      const { content } = await this.app.api.history(id, ENTRIES, this.page + 1);
      if (id !== this.id) return;
      this.page += 1;
      const entries = content.results.map((entry) => this.entry(entry));
      if (anew) this.list.replaceChildren(...entries);
      else this.list.append(...entries);
      this.more.hidden = !content.next;
      this.problem.hidden = true;
      if (!anew) entries[0]?.focus();
    } catch (refusal) {
      this.problem.textContent = `The history could not be loaded. ${refusal.message}`;
      this.problem.hidden = false;
    } finally {
      this.more.disabled = false;
    }
  }

  entry(entry) {
    const how = SOURCES[entry.source] ?? "";
    const reason = entry.reason ? make("p", { class: "grid-subtle" }, `“${entry.reason}”`) : "";
    return make("li", { tabindex: "-1" },
      make("p", { class: "panel-when" }, make("strong", {}, nameOf(entry.member)), ` ${DONE[entry.action] || entry.action}${how ? ` ${how}` : ""}`,
        make("a", { href: `${this.app.config.recordUrl}${this.id}/then/?at=${encodeURIComponent(entry.created)}`, title: "The record as it was then" },
          make("time", { datetime: entry.created }, momentText(entry.created)))),
      reason,
      entry.changes.length ? make("ul", {}, ...entry.changes.map((change) => make("li", {}, ...this.words(change)))) : "");
  }

  words({ id, name, display_name: label, old, new: fresh }) {
    const field = this.app.byId.get(id);
    const text = (value) => (field ? shownText(field, value) : String(value ?? ""));
    const [before, after] = [text(old), text(fresh)];
    const of = make("span", { class: "panel-changed" }, field?.label || label || name);
    if (!before) return [of, " set to ", make("ins", {}, after || "nothing")];
    if (!after) return [of, " cleared, was ", make("del", {}, before)];
    return [of, " from ", make("del", {}, before), " to ", make("ins", {}, after)];
  }
}
