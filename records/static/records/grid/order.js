// The records in the order in which they are shown: what comes before and after one, and where the focus goes back to.
const WAIT = 4000; // milliseconds for the rows that follow the last one

export class Order {
  constructor(app) {
    this.app = app;
  }

  place(id) {
    const { table, groups, board } = this.app;
    if (board.isOn) {
      const ids = board.ids();
      return { at: ids.indexOf(id), of: ids.length };
    }
    return { at: table.places.get(id) ?? -1, of: groups.isOn ? table.rows.length : table.count };
  }

  name(id) {
    const row = this.app.board.cards.get(id)?.row || this.app.table.row(id)?.getData();
    return row?.name || "";
  }

  /** Whether a record is among those that are loaded. */
  has(id) {
    const { table, board } = this.app;
    return board.isOn ? board.cards.has(id) : table.places.has(id);
  }

  /** The record before or after another; rows that are not there yet are fetched. */
  async beside(id, by) {
    const { table, board } = this.app;
    const { at } = this.place(id);
    if (at < 0) return "";
    if (board.isOn) return board.ids()[at + by] || "";
    if (!table.rows[at + by] && by > 0) await this.more(at);
    return table.rows[at + by]?.getIndex() || "";
  }

  async more(at) {
    const { table, selection } = this.app;
    const grown = table.grown();
    selection.reveal({ row: at, column: 0 });
    await Promise.race([grown, new Promise((resolve) => { setTimeout(resolve, WAIT); })]);
  }

  /** Makes a record's row the active one, and leaves the focus where it is. */
  mark(id) {
    const { at } = this.place(id);
    const { selection, board } = this.app;
    if (board.isOn) board.activate(board.cards.get(id)?.element);
    else if (at >= 0) selection.go(at, selection.at?.column ?? 0);
  }

  focus(id) {
    this.mark(id);
    if (this.app.board.isOn) this.app.board.focus(id);
    else this.app.selection.focus();
  }
}
