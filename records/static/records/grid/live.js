// What others do to the records on this page: asked for every few seconds, shown where it happened.
import { button, byId } from "./dom.js";
import { counted } from "./messages.js";

const SECONDS = 3;
const MARKED_SECONDS = 20;
const GONE = ["archived", "trashed", "deleted", "removed"];

export class Live {
  constructor(app) {
    this.app = app;
    this.marks = new Map();
    this.created = new Set();
    this.cursor = "now";
  }

  isMarked(id, field) {
    return (this.marks.get(`${id}:${field}`) || 0) > Date.now();
  }

  async start() {
    await this.look();
    document.addEventListener("visibilitychange", () => { if (!document.hidden) this.look(); });
  }

  async look() {
    clearTimeout(this.timer);
    if (!document.hidden && !this.looking) {
      this.looking = true;
      try {
        await this.read();
      } catch (refusal) {
        // The place in the feed is lost: what happened since then is unknown.
        if (refusal.status === 410) {
          this.cursor = "now";
          this.tell("The records may have changed.");
        }
      } finally {
        this.looking = false;
      }
    }
    this.timer = setTimeout(() => this.look(), SECONDS * 1000);
  }

  async read() {
    const ids = new Set();
    for (let more = true; more;) {
      const { content } = await this.app.api.changes(this.cursor);
      this.cursor = content.cursor;
      for (const change of content.changes) this.note(change, ids);
      more = content.more;
    }
    if (this.app.board.isOn) await this.app.board.refresh([...ids], { isTheirs: true });
    else if (ids.size) this.show(await this.app.table.refresh([...ids]));
    this.app.panel.changed([...ids].filter((id) => !this.app.order.has(id)));
  }

  note(change, ids) {
    if (change.action === "defined") this.tell("The fields of this object have changed.", () => location.reload());
    if (!change.record_id || this.app.history.own.has(change.operation_id)) return;
    const isHere = this.app.order.has(change.record_id);
    const isOpen = this.app.panel.id === change.record_id;
    if (GONE.includes(change.action) && this.app.state.tab !== "archived") {
      this.app.table.remove(change.record_id);
      this.app.panel.changed([change.record_id]);
    } else if (isHere || isOpen) ids.add(change.record_id);
    else if (["created", "unarchived", "restored"].includes(change.action)) {
      this.created.add(change.record_id);
      this.tell(`${counted(this.created.size, "record")} added by others.`);
    }
  }

  /** Marks the cells that others have changed, for a while. */
  show(changed) {
    const until = Date.now() + MARKED_SECONDS * 1000;
    for (const [id, fields] of changed) {
      for (const field of fields) this.marks.set(`${id}:${field.id}`, until);
      if (fields.length) this.app.table.repaint(id);
    }
    setTimeout(() => { for (const id of changed.keys()) this.app.table.repaint(id); }, MARKED_SECONDS * 1000 + 50);
  }

  tell(text, act) {
    byId("news").replaceChildren(`${text} `, button("Show", () => {
      byId("news").replaceChildren();
      this.created.clear();
      if (act) act();
      else this.app.table.reload();
    }));
  }
}
