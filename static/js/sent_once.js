// A form that is on its way is not sent again by the second click of a double one: what it begins would begin twice.
// Only for a moment: whoever breaks a page off may send its form once more.
const MOMENT = 3000;
const sent = new WeakMap();

document.addEventListener("submit", (event) => {
  if (event.defaultPrevented || event.target.getAttribute("method") !== "post") return;
  if (event.timeStamp - (sent.get(event.target) ?? -MOMENT) < MOMENT) return event.preventDefault();
  sent.set(event.target, event.timeStamp);
});
