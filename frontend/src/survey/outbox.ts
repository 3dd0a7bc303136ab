/** Sends answers; what cannot be sent now waits on the device and is sent when the network is back. */

import { forget, waiting } from "./store.ts";
import type { Draft } from "./store.ts";

export type Reply =
  | { state: "stored"; changed?: string[] }
  | { state: "wrong"; errors: Record<string, string> }
  | { state: "changed"; changes: string[]; form: object; version: number }
  | { state: "refused"; reason: string }
  | { state: "offline" };

export function token(): string {
  return document.querySelector<HTMLInputElement>("input[name=csrfmiddlewaretoken]")?.value ?? "";
}

/** Post one answer. Its own uid makes a second arrival harmless. */
export async function post(draft: Draft): Promise<Reply> {
  if (!draft.send) return { state: "offline" };
  const { uid, version, data, seconds } = draft;
  let response: Response;
  try {
    response = await fetch(draft.send, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRFToken": token() },
      body: JSON.stringify({ uid, version, data, seconds }),
      redirect: "manual",
    });
  } catch {
    return { state: "offline" };
  }
  return read(response);
}

/** A server that is down or a session that has ended is no verdict: the answer stays in the outbox. */
async function read(response: Response): Promise<Reply> {
  const json = response.headers.get("Content-Type")?.startsWith("application/json");
  if (!json) return { state: "offline" };
  return (await response.json()) as Reply;
}

/** Try everything that this person left unsent; forget what arrived. Returns how many arrived. */
export async function flush(owner: string): Promise<number> {
  let arrived = 0;
  for (const draft of await waiting(owner)) {
    const reply = await post(draft);
    if (reply.state !== "stored") continue;
    await forget(draft.key);
    arrived += 1;
  }
  return arrived;
}
