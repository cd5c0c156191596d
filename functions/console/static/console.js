// Refreshes what goes on by itself. Without this script a page shows what was true when it was opened.
"use strict";
for (const part of document.querySelectorAll("[data-live]")) {
  setInterval(async () => {
    if (document.hidden) return;
    try {
      const answer = await fetch(part.dataset.live, { headers: { "X-Fragment": "1" } });
      if (answer.ok && !answer.redirected) part.innerHTML = await answer.text();
    } catch { /* the next one may come through */ }
  }, 5000);
}
