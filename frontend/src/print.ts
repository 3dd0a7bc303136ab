/** Evidence that is folded on the screen is open on paper. */

export function mountPrint(): void {
  const folded = (): NodeListOf<HTMLDetailsElement> => document.querySelectorAll("details:not([open])");
  window.addEventListener("beforeprint", () => {
    for (const details of folded()) {
      details.open = true;
      details.dataset["printed"] = "yes";
    }
  });
  window.addEventListener("afterprint", () => {
    for (const details of document.querySelectorAll<HTMLDetailsElement>("details[data-printed]")) {
      details.open = false;
      delete details.dataset["printed"];
    }
  });
  for (const button of document.querySelectorAll("button[data-print]")) {
    button.addEventListener("click", () => window.print());
  }
}
