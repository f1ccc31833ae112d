// Requests that the page makes by itself (polls, events of the server) say so: they keep no session alive.
// A hidden page asks for nothing.
document.addEventListener("htmx:configRequest", (event) => {
  const cause = event.detail.triggeringEvent;
  if (cause && cause.isTrusted) return;
  event.detail.headers["X-Background"] = "1";
  if (document.hidden) event.preventDefault();
});
