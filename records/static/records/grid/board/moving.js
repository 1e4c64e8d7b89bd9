// Moving a card stores its field: at once on the screen, and back where it was, with the reason, if it is refused.
import { messageOf } from "../api.js";
import { keyOf } from "../grouping/narrowing.js";
import { say } from "../messages.js";
import { rowOf } from "../table.js";

const TRIES = 5;

export class Moving {
  constructor(app, board) {
    Object.assign(this, { app, board });
  }

  /** Moves a card to a column, on the screen and in the store. */
  async move(id, column) {
    const { board, app } = this;
    const card = board.cards.get(id);
    const { field } = board;
    if (!card || card.column === column) return;
    const refusal = card.row.mayEdit && field.editable ? "" : "You may not change this record.";
    if (refusal) {
      say(refusal, { error: true });
      return;
    }
    const before = { column: card.column, next: card.element.nextElementSibling };
    const base = card.row[field.id] ?? null;
    board.put(card, column, column.list.firstElementChild);
    card.element.classList.add("board-waiting");
    await app.saving.queued(id, () => this.send(card, column, base, before));
    card.element.classList.remove("board-waiting");
  }

  async send(card, column, base, before) {
    const { board, app } = this;
    const { field } = board;
    const value = column.value === null ? null : { id: column.value.id };
    for (let tries = 0; tries < TRIES; tries += 1) {
      try {
        const { content, operation } = await app.api.change(card.row.id, card.row.version, [{ id: field.id, value }]);
        board.show(content);
        app.history.note(operation, [content.id], `${content.display_name || "The record"} moved to ${column.text}.`);
        app.panel.changed([content.id], content.version);
        return;
      } catch (refusal) {
        if (refusal.status !== 412) {
          this.back(card, before, messageOf(refusal));
          return;
        }
        if (await this.overtaken(card, base, before)) return;
      }
    }
    this.back(card, before, "The record is being changed all the time. Try again.");
  }

  /** Reads the record again; tells whether somebody else has moved it, in which case it goes where they put it. */
  async overtaken(card, base, before) {
    const { board, app } = this;
    try {
      const { content } = await app.api.record(card.row.id);
      const now = rowOf(content);
      if (keyOf(now[board.field.id]) === keyOf(base)) {
        card.row = now;
        return false;
      }
      board.show(content);
      say(`${card.row.name || "The record"} was moved by somebody else in the meantime, and is where they put it.`, { error: true });
    } catch (refusal) {
      this.back(card, before, refusal.message);
    }
    return true;
  }

  back(card, { column, next }, reason) {
    this.board.put(card, column, next?.isConnected ? next : null);
    say(`${card.row.name || "The record"} was not moved: ${reason}`, { error: true });
  }
}
