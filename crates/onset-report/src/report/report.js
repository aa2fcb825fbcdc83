"use strict";
(() => {
  // Opens the folded parts around the place that a link leads to.
  const reveal = () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    for (let at = target.parentElement; at; at = at.parentElement) {
      if (at.localName === "details") at.open = true;
    }
    target.scrollIntoView();
  };
  addEventListener("hashchange", reveal);
  if (location.hash) reveal();

  // On paper the parts with figures are unfolded.
  let folded = [];
  addEventListener("beforeprint", () => {
    folded = [...document.querySelectorAll("details.figures:not([open])")];
    for (const part of folded) part.open = true;
  });
  addEventListener("afterprint", () => {
    for (const part of folded) part.open = false;
  });

  // The source of a number: at once under the pointer, and for the keyboard.
  const tip = document.createElement("div");
  tip.className = "tip";
  tip.setAttribute("role", "tooltip");
  tip.hidden = true;
  document.body.append(tip);
  let told = null;
  const hide = () => {
    if (!told) return;
    told.element.title = told.text;
    told = null;
    tip.hidden = true;
  };
  const show = (event) => {
    const element = event.target.closest?.("a.n[title], code[title]");
    if (!element || element === told?.element) return;
    hide();
    told = { element, text: element.title };
    element.removeAttribute("title");
    tip.textContent = told.text;
    tip.hidden = false;
    const place = element.getBoundingClientRect();
    const left = Math.max(8, Math.min(place.left, innerWidth - tip.offsetWidth - 8));
    const below = place.bottom + 6;
    const top = below + tip.offsetHeight > innerHeight ? place.top - tip.offsetHeight - 6 : below;
    tip.style.left = `${left + scrollX}px`;
    tip.style.top = `${Math.max(top, 8) + scrollY}px`;
  };
  addEventListener("pointerover", (event) => {
    if (told && !told.element.contains(event.target)) hide();
    show(event);
  });
  addEventListener("focusin", (event) => {
    hide();
    show(event);
  });
  addEventListener("keydown", (event) => {
    if (event.key === "Escape") hide();
  });

  // Copies a text, or selects it where copying is not allowed.
  for (const button of document.querySelectorAll("button[data-copies]")) {
    const text = document.getElementById(button.dataset.copies);
    const said = button.parentElement.querySelector("[role=status]");
    button.hidden = false;
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText([...text.children].map((p) => p.textContent).join("\n\n"));
        said.textContent = " Copied.";
      } catch {
        getSelection().selectAllChildren(text);
        said.textContent = " Selected: copy it with the keyboard.";
      }
    });
  }
})();
