// Keys: s server selector, / filter, g and a letter another screen, ? the list. Off while a field has the focus,
// and altogether when the reader has turned single letters off.
const OFF = "hannun-letters-off";
let waiting = 0;

function open(id) {
  document.getElementById(id)?.showPopover();
}

function go(letter) {
  document.querySelector(`#nav [data-key="${CSS.escape(letter)}"]`)?.click();
}

document.addEventListener("keydown", (event) => {
  const busy = event.target.closest("input, textarea, select, [contenteditable], .term");
  if (busy || event.ctrlKey || event.metaKey || event.altKey || localStorage.getItem(OFF)) return;
  const letter = event.key;
  if (event.timeStamp < waiting) {
    waiting = 0;
    if (letter.length === 1) go(letter);
    return;
  }
  if (letter === "g") waiting = event.timeStamp + 1500;
  else if (letter === "s") open("servers");
  else if (letter === "?") open("shortcuts");
  else if (letter === "/") document.querySelector("main input[type=search]")?.focus();
  else return;
  event.preventDefault();
});

document.addEventListener("DOMContentLoaded", () => {
  const letters = document.querySelector("#shortcuts input[name=letters]");
  if (!letters) return;
  letters.checked = !localStorage.getItem(OFF);
  letters.addEventListener("change", () => {
    if (letters.checked) localStorage.removeItem(OFF);
    else localStorage.setItem(OFF, "1");
  });
});
