/** Questionnaires: the form itself where a page has one, and the outbox wherever unsent answers may wait. */

import { flush } from "./outbox.ts";

export async function mountSurvey(root: ParentNode): Promise<void> {
  const outbox = root.querySelector<HTMLElement>("[data-survey-outbox]");
  if (outbox) await mountOutbox(outbox);
  const place = root.querySelector<HTMLElement>("[data-survey]:not([data-mounted])");
  if (!place) return;
  place.dataset["mounted"] = "yes";
  const { mountForm } = await import("./form");
  await mountForm(place);
}

/** On the list of questionnaires: send what waits, and load the list again when something arrived. */
async function mountOutbox(outbox: HTMLElement): Promise<void> {
  const owner = outbox.dataset["surveyOutbox"] ?? "";
  const attempt = async (): Promise<void> => {
    if ((await flush(owner)) > 0) location.reload();
  };
  window.addEventListener("online", () => void attempt());
  await attempt();
}
