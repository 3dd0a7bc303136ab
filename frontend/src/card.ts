/** Secrets printed as QR codes stand after the # of an address, which no server and no log ever sees. */

export function mountFragment(root: ParentNode): void {
  const field = root.querySelector<HTMLInputElement>("input[data-fragment]");
  const secret = decodeURIComponent(location.hash.slice(1));
  if (!field || !secret) return;
  history.replaceState(null, "", location.pathname + location.search);
  field.value = secret;
  if (field.dataset["fragment"] === "send") field.form?.requestSubmit();
}

/** A form that answers with a file leaves its page standing: it may be sent again. */
export function mountDownloads(root: ParentNode): void {
  for (const form of root.querySelectorAll<HTMLFormElement>("form[data-download]")) {
    form.addEventListener("submit", () => {
      window.setTimeout(() => {
        delete form.dataset["sent"];
        for (const button of form.querySelectorAll("button[aria-busy]")) button.removeAttribute("aria-busy");
      }, 3000);
    });
  }
}
