// What the workbench's own pages do in the browser. No inline scripts: the content security policy forbids them.
document.addEventListener("DOMContentLoaded", () => {
  document.querySelectorAll("form[data-filter]").forEach(prepareFilter);
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
