// Everything works without this. With it, pages follow what happens, and moments are told by the reader's own clock.
"use strict";

const format = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "medium", timeStyle: "medium" });

function dress(root) {
  for (const time of root.querySelectorAll("time[datetime]")) {
    const at = new Date(time.dateTime);
    if (!Number.isNaN(at.getTime())) {
      time.title = time.textContent;
      time.textContent = format.format(at);
    }
  }
  // Styles in attributes are against the page's own policy; set from here they are not.
  for (const card of root.querySelectorAll("[data-color]")) {
    card.style.borderLeftColor = card.dataset.color;
  }
}

// Whoever types, or has chosen something, is left in peace.
function isBusy(main) {
  const active = document.activeElement;
  return (main.contains(active) && active !== main) || !document.getSelection().isCollapsed || document.hidden;
}

async function refresh() {
  const main = document.querySelector("main[data-live]");
  if (!main || isBusy(main)) return;
  const response = await fetch(location.href, { headers: { Accept: "text/html" } });
  if (!response.ok || response.redirected) return;
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const next = page.querySelector("main");
  if (!next || isBusy(main)) return;
  dress(next);
  if (next.innerHTML !== main.innerHTML) main.replaceWith(next);
  document.title = page.title;
}

dress(document);
if (document.querySelector("main[data-live]")) {
  const changes = new EventSource("live");
  changes.addEventListener("change", () => refresh().catch(() => {}));
  addEventListener("pagehide", () => changes.close());
}
