// Storing changes: each is one request, made only if the record is as it was shown; what was typed is kept until
// it is stored or dropped.
import { messageOf } from "./api.js";
import { byId } from "./dom.js";
import { counted, say } from "./messages.js";
import { isSame } from "./values.js";

const TRIES = 5;
const MOST_ITEMS = 1000;
const STALE = "precondition_failed";

export class Saving {
  constructor(app) {
    this.app = app;
    this.pending = new Map();
    this.queues = new Map();
    this.running = 0;
  }

  pendingAt(id, field) {
    return this.pending.get(`${id}:${field}`);
  }

  /** Drops what was typed into a cell and could not be stored; tells whether there was any. */
  drop(id, field) {
    const found = this.pendingAt(id, field)?.problem;
    if (found) this.settle(id, field);
    return Boolean(found);
  }

  settle(id, field) {
    this.pending.delete(`${id}:${field}`);
    this.app.table.repaint(id);
  }

  forget() {
    for (const [key, change] of this.pending) if (change.problem) this.pending.delete(key);
  }

  /** Tells whether leaving the page would lose something that was typed. */
  get isOpen() {
    return this.running > 0 || this.pending.size > 0;
  }

  wait(id, field, change) {
    this.pending.set(`${id}:${field.id}`, { ...change, problem: "" });
    this.app.table.repaint(id);
  }

  fail(id, field, change, problem) {
    this.pending.set(`${id}:${field.id}`, { ...change, problem });
    this.app.table.repaint(id);
    say(`${field.label}: ${problem}`, { error: true });
  }

  /** Changes of one record go one after the other: each begins at the version that the last one made. */
  queued(id, work) {
    const turn = (this.queues.get(id) || Promise.resolve()).then(work, work);
    this.queues.set(id, turn);
    return this.busy(turn);
  }

  async busy(turn) {
    this.running += 1;
    byId("saving").textContent = "Saving…";
    try {
      return await turn;
    } finally {
      this.running -= 1;
      if (!this.running) byId("saving").textContent = this.pending.size ? `${counted(this.pending.size, "cell")} not stored` : "All changes stored";
    }
  }

  /** Stores one cell. `change`: `value` as it is sent, `text` or `shown` as it is read until then. */
  save(id, field, change) {
    const kept = { text: change.text, value: change.shown ?? change.value, sent: change.value };
    kept.base = "base" in change ? change.base : this.app.table.row(id).getData()[field.id] ?? null;
    this.wait(id, field, kept);
    return this.queued(id, () => this.send(id, field, kept));
  }

  async send(id, field, change) {
    for (let tries = 0; tries < TRIES; tries += 1) {
      const row = this.app.table.row(id);
      if (!row) return;
      const now = row.getData();
      if (!isSame(field, now[field.id], change.base)) return this.collide(id, [{ field, change }]);
      try {
        const answer = await this.app.api.change(id, now.version, [{ id: field.id, value: change.sent }]);
        this.pending.delete(`${id}:${field.id}`);
        this.app.table.show(answer.content);
        if (answer.content.action !== "unchanged") {
          this.app.history.note(answer.operation, [id], `${field.label} of ${answer.content.display_name || "the record"} was changed.`);
        }
        return;
      } catch (refusal) {
        if (refusal.status !== 412) return this.fail(id, field, change, messageOf(refusal));
        await this.look(id);
      }
    }
    this.fail(id, field, change, "The record is being changed all the time. Try again.");
  }

  /** Shows a record as it is now, after somebody else has changed it. */
  async look(id) {
    const changed = (await this.app.table.refresh([id])).get(id) || [];
    if (changed.length) say(`Somebody else changed ${changed.map((field) => field.label).join(", ")} of this record; both changes are kept.`);
  }

  collide(id, cells) {
    for (const { field, change } of cells) {
      this.pending.set(`${id}:${field.id}`, { ...change, problem: "Somebody else changed this in the meantime." });
    }
    this.app.table.repaint(id);
    this.app.conflicts.add(id, cells);
  }

  // ---------------------------------------------------------------- many at once

  /** Stores cells of many records as one operation. `changes`: lists of `{field, value, text}` by record. */
  async saveMany(changes, what) {
    const entries = [...changes];
    for (const [id, cells] of entries) {
      const data = this.app.table.row(id).getData();
      for (const cell of cells) {
        cell.change = { text: cell.text, value: cell.shown ?? cell.value, sent: cell.value, base: data[cell.field.id] ?? null };
        this.pending.set(`${id}:${cell.field.id}`, { ...cell.change, problem: "" });
      }
      this.app.table.repaint(id);
    }
    for (let at = 0; at < entries.length; at += MOST_ITEMS) {
      await this.busy(this.sendMany(entries.slice(at, at + MOST_ITEMS), what));
    }
  }

  async sendMany(entries, what) {
    await Promise.all(entries.map(([id]) => this.queues.get(id)));
    const items = entries.map(([id, cells]) => ({
      id,
      if_version: this.app.table.row(id).getData().version,
      fields: cells.map((cell) => ({ id: cell.field.id, value: cell.value })),
    }));
    let answer;
    try {
      answer = await this.app.api.batch("patch", items);
    } catch (refusal) {
      for (const [id, cells] of entries) this.refuse(id, cells, refusal.message);
      say(`${what}: nothing was stored. ${refusal.message}`, { error: true });
      return;
    }
    await this.settleMany(entries, answer, what);
  }

  async settleMany(entries, { content, operation }, what) {
    const done = [];
    const stale = [];
    let refused = 0;
    entries.forEach(([id, cells], at) => {
      const result = content.results[at];
      if (result.status < 300) {
        for (const cell of cells) this.pending.delete(`${id}:${cell.field.id}`);
        done.push(id);
      } else if (result.errors?.code === STALE) {
        stale.push([id, cells]);
      } else {
        refused += 1;
        this.refuse(id, cells, result.errors?.detail || "Refused.", result.errors?.fields);
      }
    });
    if (content.updated) this.app.history.note(operation, done, `${what}: ${counted(content.updated, "record")} changed.`);
    if (refused) say(`${counted(refused, "record")} refused; what you gave is kept in the red cells.`, { error: true });
    await this.app.table.refresh([...done, ...stale.map(([id]) => id)]);
    for (const [id, cells] of stale) this.again(id, cells);
  }

  /** Cells of a record that somebody else changed: those that do not collide are stored, the others are asked about. */
  again(id, cells) {
    const row = this.app.table.row(id);
    if (!row) return;
    const data = row.getData();
    const collided = cells.filter((cell) => !isSame(cell.field, data[cell.field.id], cell.change.base));
    if (collided.length) this.collide(id, collided);
    for (const cell of cells) {
      if (!collided.includes(cell)) this.queued(id, () => this.send(id, cell.field, cell.change));
    }
  }

  refuse(id, cells, message, fields = []) {
    cells.forEach((cell, at) => {
      const own = Object.values(fields[at] || {}).flat().join(" ");
      const problem = own || (fields.some((entry) => Object.keys(entry).length) ? "Not stored, since another cell of the record was refused." : message);
      this.pending.set(`${id}:${cell.field.id}`, { ...cell.change, problem });
    });
    this.app.table.repaint(id);
  }
}
