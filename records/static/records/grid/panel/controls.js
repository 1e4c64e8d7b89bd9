// The controls of a record's panel, one per field: what the cells of the grid are edited with, standing open.
import { make } from "../dom.js";
import { openPicker } from "../pickers.js";
import { cellContent, cellText, valueIn } from "../values.js";

const PICKED = ["option", "options", "tags", "record", "member"];
const KINDS = { date: "date", "date-time": "datetime-local" };
const YES_OR_NO = [["", "–"], ["Yes", "Yes"], ["No", "No"]];

/** The control of a field. `changed` is told what was given, or null where it is what the record has.
 * Returns its `element`, `focus`, `set` (a value that the record has) and `fail` (what is wrong with what was given). */
export function controlOf(app, field, mayEdit, changed) {
  const ids = { label: `label-${field.id}`, input: `field-${field.id}`, problem: `problem-${field.id}`, about: `about-${field.id}` };
  const problem = make("p", { id: ids.problem, class: "panel-problem", role: "alert", hidden: true });
  const made = kindOf(field, mayEdit)(app, field, ids, changed);
  const tag = made.labelled ? "label" : "span";
  const star = field.required && made.input ? make("span", { class: "panel-star", title: "Required" }, " *") : "";
  const element = make("div", { class: "panel-field", "data-field": field.name },
    make(tag, { id: ids.label, class: "panel-label", for: made.labelled ? ids.input : null }, field.label, star),
    made.element, problem,
    field.description ? make("p", { id: ids.about, class: "panel-about" }, field.description) : "");
  made.input?.setAttribute("aria-describedby", field.description ? `${ids.problem} ${ids.about}` : ids.problem);
  return { field, element, isOpen: Boolean(made.input), focus: () => made.input?.focus(), set: made.set, fail: (text) => fail(element, made.input, problem, text) };
}

function kindOf(field, mayEdit) {
  if (!mayEdit || !field.editable || field.control === "open") return shown;
  if (PICKED.includes(field.control)) return picked;
  return field.control === "boolean" ? yesOrNo : typed;
}

function fail(element, input, problem, text) {
  problem.textContent = text;
  problem.hidden = !text;
  element.classList.toggle("panel-refused", Boolean(text));
  if (text) input?.setAttribute("aria-invalid", "true");
  else input?.removeAttribute("aria-invalid");
}

// ---------------------------------------------------------------- kinds

/** A value that is not changed here. */
function shown(app, field, ids) {
  const place = make("div", { class: "panel-fixed", "aria-labelledby": ids.label, role: "group" });
  const set = (value) => {
    place.replaceChildren(cellContent(field, value));
    if (!place.textContent) place.replaceChildren(make("span", { class: "grid-subtle" }, "–"));
  };
  return { element: place, set };
}

function typed(app, field, ids, changed) {
  const long = field.control === "long";
  const kind = KINDS[field.control] || "text";
  const input = long
    ? make("textarea", { id: ids.input, class: "grid-input", rows: "4" })
    : make("input", { id: ids.input, class: "grid-input", type: kind, autocomplete: "off", inputmode: field.control === "number" ? "decimal" : null });
  let before = "";
  input.addEventListener("input", () => {
    const text = input.value;
    changed(text === before ? null : { text, value: valueIn(field, text) });
  });
  const set = (value) => {
    const text = cellText(field, value);
    input.value = kind === "datetime-local" ? text.replace(" ", "T") : text;
    before = input.value;
  };
  return { element: input, input, labelled: true, set };
}

function yesOrNo(app, field, ids, changed) {
  const input = make("select", { id: ids.input, class: "grid-input" }, ...YES_OR_NO.map(([value, text]) => make("option", { value }, text)));
  let before = "";
  input.addEventListener("change", () => changed(input.value === before ? null : { text: input.value, value: valueIn(field, input.value) }));
  const set = (value) => {
    input.value = cellText(field, value);
    before = input.value;
  };
  return { element: input, input, labelled: true, set };
}

/** What is chosen from a list: a button that shows it, and the list in its place while one chooses. */
function picked(app, field, ids, changed) {
  let [before, now] = [null, null];
  const input = make("button", { type: "button", id: ids.input, class: "grid-input panel-pick", "aria-haspopup": "listbox", "aria-labelledby": `${ids.label} ${ids.input}` });
  const place = make("div", { class: "panel-place" }, input);
  const show = () => {
    input.replaceChildren(cellContent(field, now));
    if (!input.textContent) input.replaceChildren(make("span", { class: "grid-subtle" }, "Choose…"));
  };
  const took = (found) => {
    if (found.same) return;
    now = found.shown;
    show();
    changed(JSON.stringify(now) === JSON.stringify(before) ? null : { value: found.value, shown: now });
  };
  const open = (text) => choose(app, field, { place, input, now, text, took, changed });
  input.addEventListener("click", () => open(""));
  input.addEventListener("keydown", (event) => {
    if (event.key.length !== 1 || event.key === " " || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    open(event.key);
  });
  const set = (value) => {
    before = now = value;
    show();
  };
  return { element: place, input, set };
}

function choose(app, field, { place, input, now, text, took, changed }) {
  let done = false;
  const finish = async (result, move) => {
    if (done) return;
    done = true;
    picker.element.remove();
    input.hidden = false;
    if (move) input.focus();
    if (move?.[1]) beside(input, move[1])?.focus();
    if (!result) return;
    try {
      const found = result.later ? await app.saving.busy(result.later) : result;
      took(found);
    } catch (refusal) {
      changed(null, refusal.message);
    }
  };
  const picker = openPicker(app, field, now, text, finish);
  input.hidden = true;
  place.append(picker.element);
  picker.element.querySelector("input").focus();
}

/** The control after another, or before it. */
function beside(input, by) {
  const all = [...input.closest("form").querySelectorAll("input, textarea, select, button")];
  return all[all.indexOf(input) + by];
}
