"use strict";
const live = document.getElementById("live");
const words = document.getElementById("connection");
const source = new EventSource("/live");
source.onopen = () => { words.textContent = "Live"; };
source.onerror = () => { words.textContent = "Not connected: what is shown may be old"; };
source.onmessage = (message) => {
  const focused = document.activeElement;
  const label = live.contains(focused) ? focused.getAttribute("aria-label") : null;
  const open = [...live.querySelectorAll(".scrolls")].map((box) => [box.getAttribute("aria-label"), box.scrollLeft]);
  live.innerHTML = JSON.parse(message.data);
  for (const box of live.querySelectorAll(".scrolls")) {
    const name = box.getAttribute("aria-label");
    for (const [was, left] of open) if (was === name) box.scrollLeft = left;
    if (label !== null && label === name) box.focus({preventScroll: true});
  }
};
