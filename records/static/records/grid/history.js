// Taking back what was done on this page, and doing it again: both are operations of their own in the ledger.
import { byId } from "./dom.js";
import { counted, say } from "./messages.js";

const LOOK_AGAIN = 700; // milliseconds between looks at a job
const MOST = 200;

export class History {
  constructor(app) {
    this.app = app;
    this.done = [];
    this.undone = [];
    this.own = new Set();
  }

  /** Keeps an operation, so that it can be taken back. `reload`: rows come or go with it. */
  note(operation, ids, text, { reload = false } = {}) {
    this.own.add(operation);
    this.done.push({ operation, ids, text, reload });
    if (this.done.length > MOST) this.done.shift();
    this.undone = [];
    this.show();
    say(text, { kind: "change", action: ["Undo", () => this.undo(operation)] });
  }

  show() {
    byId("undo").disabled = !this.done.length;
    byId("redo").disabled = !this.undone.length;
  }

  /** Takes the last operation back, or the one that is named. */
  async undo(operation) {
    const at = operation ? this.done.findIndex((entry) => entry.operation === operation) : this.done.length - 1;
    if (at < 0) return;
    const [entry] = this.done.splice(at, 1);
    const made = await this.take(entry, "Undone");
    if (made) this.undone.push({ ...entry, operation: made });
    else this.done.splice(at, 0, entry);
    this.show();
  }

  async redo() {
    const entry = this.undone.pop();
    if (!entry) return;
    const made = await this.take(entry, "Done again");
    if (made) this.done.push({ ...entry, operation: made });
    else this.undone.push(entry);
    this.show();
  }

  /** The operation that took another back; nothing where it was refused. */
  async take(entry, word) {
    this.show();
    try {
      return await this.app.saving.busy(this.taken(entry, word));
    } catch (refusal) {
      say(`${word === "Undone" ? "Not undone" : "Not done again"}: ${refusal.message}`, { error: true });
      return null;
    }
  }

  async taken(entry, word) {
    const { content, operation } = await this.app.api.undo(entry.operation);
    const made = content.operation_id || operation;
    this.own.add(made);
    const left = content.status === "completed" ? content.left_count : await this.finished(content.job_id);
    if (left) say(`${word}, but ${counted(left, "value")} changed since then and left as they are.`, { error: true });
    else say(`${word}: ${entry.text}`, { kind: "change" });
    if (entry.reload) await this.app.table.reload();
    else await this.app.table.refresh(entry.ids);
    this.app.panel.changed(entry.ids.filter((id) => !this.app.table.places.has(id)));
    return made;
  }

  /** Waits for an undo that a worker does. */
  async finished(job) {
    for (;;) {
      const { content } = await this.app.api.job(job);
      if (!["pending", "queued", "running"].includes(content.status)) return content.result?.left || 0;
      await new Promise((resolve) => { setTimeout(resolve, LOOK_AGAIN); });
    }
  }

  /** Archives the ticked records, as one operation. */
  async archive() {
    const { table, api } = this.app;
    const rows = [...table.ticked].map((id) => table.row(id)).filter(Boolean);
    const items = rows.map((row) => ({ id: row.getIndex(), if_version: row.getData().version }));
    if (!items.length) return;
    try {
      const { content, operation } = await this.app.saving.busy(api.batch("archive", items));
      const gone = items.filter((item, at) => content.results[at].status < 300).map((item) => item.id);
      for (const id of gone) table.remove(id);
      table.tell();
      if (gone.length) this.note(operation, gone, `${counted(gone.length, "record")} archived.`, { reload: true });
      if (content.failed) {
        const refused = content.results.find((result) => result.errors);
        say(`${counted(content.failed, "record")} not archived: ${refused.errors.detail}`, { error: true });
      }
    } catch (refusal) {
      say(`Not archived: ${refusal.message}`, { error: true });
    }
  }
}
