// Ticking many lines at once. Every page works without this file.
"use strict";

function tickTogether(form) {
  const all = form.querySelector("[data-checks-all]");
  const count = form.querySelector("[data-checks-count]");
  const boxes = [...form.querySelectorAll("tbody input[type=checkbox]")];
  const tell = () => {
    const ticked = boxes.filter((box) => box.checked).length;
    if (count) count.textContent = `(${ticked})`;
    if (!all) return;
    all.checked = ticked > 0 && ticked === boxes.length;
    all.indeterminate = ticked > 0 && ticked < boxes.length;
  };
  all?.addEventListener("change", () => {
    for (const box of boxes) box.checked = all.checked;
    tell();
  });
  form.addEventListener("change", tell);
  tell();
}

function prepareTicking(root) {
  for (const form of root.querySelectorAll("form[data-checks]")) tickTogether(form);
}

prepareTicking(document);
document.addEventListener("htmx:after:swap", (event) => {
  if (event.target instanceof Element) prepareTicking(event.target);
});
