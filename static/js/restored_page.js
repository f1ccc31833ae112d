// A page that the browser kept aside and shows again is asked for anew: whoever saw it may have signed out since (W08).
addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  document.documentElement.hidden = true;
  location.reload();
});
