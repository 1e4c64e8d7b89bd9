// What the workbench's own pages do in the browser. No inline scripts: the content security policy forbids them.
document.addEventListener("DOMContentLoaded", () => {
  document.querySelectorAll("form[data-filter]").forEach(prepareFilter);
  document.querySelectorAll("form[data-selection]").forEach(prepareSelection);
  document.querySelectorAll("form[data-submit]").forEach(submitWhenChosen);
  document.querySelectorAll("form[data-how]").forEach(prepareHow);
  document.querySelectorAll("[data-again]").forEach(lookAgain);
  document.querySelectorAll("[data-copy]").forEach((button) => button.addEventListener("click", () => copy(button)));
});

// Only the conditions of the chosen field are offered, and its values where there are few.
function prepareFilter(form) {
  const field = form.querySelector("[name=f]:not([type=hidden])");
  const condition = form.querySelector("[name=c]:not([type=hidden])");
  const groups = [...condition.querySelectorAll("optgroup")];
  let value = form.querySelector("[name=v]:not([type=hidden])");

  const offerConditions = () => {
    condition.replaceChildren(...groups.filter((group) => group.dataset.field === field.value));
    condition.selectedIndex = 0;
    offerValues();
  };

  const offerValues = () => {
    const blank = condition.value.startsWith("is_blank");
    const several = /any|none|between/.test(condition.value);
    const choices = document.getElementById(`choices-${field.value}`);
    const chosen = choices && !several ? select(choices) : text();
    chosen.id = value.id;
    chosen.name = "v";
    chosen.hidden = blank;
    form.querySelector(`label[for=${value.id}]`).hidden = blank;
    value.replaceWith(chosen);
    value = chosen;
  };

  field.addEventListener("change", offerConditions);
  condition.addEventListener("change", offerValues);
  offerConditions();
}

function select(choices) {
  const made = document.createElement("select");
  made.className = "records-select";
  made.append(...[...choices.options].map((option) => new Option(option.textContent, option.value)));
  return made;
}

function text() {
  const made = document.createElement("input");
  made.className = "records-input";
  made.autocomplete = "off";
  return made;
}

async function copy(button) {
  const secret = button.parentElement.querySelector("[data-secret]");
  await navigator.clipboard.writeText(secret.textContent);
  button.textContent = "Copied";
}

// How many rows are ticked, and all of the page at once. The buttons wait until something is.
function prepareSelection(form) {
  const rows = [...form.querySelectorAll("[name=records]")];
  const whole = form.querySelector("[data-tick-all]");
  const all = form.querySelector("[name=all]");
  const chosen = form.querySelector("[data-chosen]");

  const show = () => {
    const count = rows.filter((row) => row.checked).length;
    const every = Boolean(all && all.checked);
    whole.checked = count === rows.length;
    whole.indeterminate = count > 0 && count < rows.length;
    chosen.textContent = every ? "With all records:" : `${count} ticked:`;
    form.querySelectorAll("button").forEach((button) => { button.disabled = !every && count === 0; });
  };

  whole.hidden = false;
  whole.addEventListener("change", () => {
    rows.forEach((row) => { row.checked = whole.checked; });
    show();
  });
  form.addEventListener("change", show);
  window.addEventListener("pageshow", show); // what was ticked is ticked again when one comes back
  show();
}

function submitWhenChosen(form) {
  form.querySelector("button").hidden = true;
  form.addEventListener("change", () => form.requestSubmit());
}

// A field that is to be cleared needs no value.
function prepareHow(form) {
  const how = form.querySelector("select[name=change-how]");
  const inputs = [...form.querySelectorAll("[data-input]")].filter((part) => part.dataset.input !== "how");
  const show = () => inputs.forEach((part) => { part.hidden = how.value === "clear"; });
  how.addEventListener("change", show);
  show();
}

// A job's page shows how far the job is until it has ended.
function lookAgain(part) {
  setTimeout(async () => {
    const answer = await fetch(location.href).catch(() => null);
    const page = answer && answer.ok ? new DOMParser().parseFromString(await answer.text(), "text/html") : null;
    const fresh = page && page.querySelector("[data-progress]");
    if (!fresh) return lookAgain(part);
    part.replaceWith(fresh);
    if ("again" in fresh.dataset) lookAgain(fresh);
  }, Number(part.dataset.again));
}
