/** Small helps for forms: the focus goes to the error summary, and a slow form is not sent twice. */

export function mountForms(root: ParentNode): void {
  root.querySelector<HTMLElement>("[data-focus]")?.focus();
  for (const form of root.querySelectorAll<HTMLFormElement>("form[method=post]")) {
    form.addEventListener("submit", (event) => {
      if (form.dataset["sent"]) event.preventDefault();
      form.dataset["sent"] = "yes";
      form.querySelector("button[type=submit], button:not([type])")?.setAttribute("aria-busy", "true");
    });
  }
  for (const control of root.querySelectorAll<HTMLSelectElement>("select[data-submit]")) {
    control.addEventListener("change", () => control.form?.requestSubmit());
  }
}

/** The back button may show a page as it was when it was left: forget that its forms were sent. */
export function forgetSent(): void {
  for (const form of document.querySelectorAll<HTMLFormElement>("form[data-sent]")) delete form.dataset["sent"];
  for (const button of document.querySelectorAll("button[aria-busy]")) button.removeAttribute("aria-busy");
}
