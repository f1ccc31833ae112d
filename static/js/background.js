// Requests that the page makes by itself (polls, events of the server) say so: they keep no session alive.
// A hidden page asks for nothing; what it would have asked for is asked for once it is seen.
const unasked = new Set();

document.addEventListener("htmx:configRequest", (event) => {
  const cause = event.detail.triggeringEvent;
  if (cause && cause.isTrusted) return;
  event.detail.headers["X-Background"] = "1";
  if (!document.hidden) return;
  event.preventDefault();
  unasked.add(event.detail.elt);
});

document.addEventListener("visibilitychange", () => {
  if (document.hidden) return;
  for (const element of unasked) if (element.isConnected) htmx.trigger(element, "refresh");
  unasked.clear();
});
