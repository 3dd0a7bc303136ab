/**
 * Typing results in: each cell is sent within a second of being left, and kept on this computer until the server has
 * answered, so that neither a lost connection nor a closed window loses a value. Sending the same value twice is safe.
 */

interface Typed {
  pupil: string;
  text: string;
  was: string;
}

interface Answer extends Typed {
  state: "saved" | "conflict" | "refused";
  token: string;
  message: string;
}

const PAUSE = 800;
const RETRY = 5000;

export function mountEntry(root: ParentNode): void {
  const form = root.querySelector<HTMLFormElement>("form[data-entry]");
  if (form) new Sheet(form).start();
}

class Sheet {
  private readonly waiting = new Map<string, Typed>();
  private readonly key: string;
  private sending = false;
  private timer = 0;

  constructor(private readonly form: HTMLFormElement) {
    this.key = `xuequ-entry:${location.pathname}`;
  }

  start(): void {
    for (const cell of this.cells()) cell.dataset["shown"] = cell.value;
    this.restore();
    this.form.addEventListener("change", (event) => this.changed(event.target as HTMLInputElement));
    this.form.addEventListener("keydown", (event) => this.step(event));
    this.form.addEventListener("paste", (event) => this.paste(event));
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      delete this.form.dataset["sent"];
      this.form.querySelector("button[aria-busy]")?.removeAttribute("aria-busy");
      for (const cell of this.cells()) this.changed(cell);
      void this.send();
    });
    window.addEventListener("online", () => void this.send());
    window.addEventListener("beforeunload", (event) => {
      if (this.waiting.size) event.preventDefault();
    });
  }

  private cells(): HTMLInputElement[] {
    return [...this.form.querySelectorAll<HTMLInputElement>("input[data-pupil]")];
  }

  private was(pupil: string): HTMLInputElement {
    return this.form.elements.namedItem(`w-${pupil}`) as HTMLInputElement;
  }

  private changed(cell: HTMLInputElement): void {
    const pupil = cell.dataset["pupil"];
    if (!pupil || cell.value.trim() === cell.dataset["shown"]) return;
    cell.dataset["shown"] = cell.value.trim();
    this.waiting.set(pupil, { pupil, text: cell.value.trim(), was: this.was(pupil).value });
    this.keep();
    this.later(PAUSE);
  }

  private step(event: KeyboardEvent): void {
    const down = event.key === "Enter" || event.key === "ArrowDown";
    if (!down && event.key !== "ArrowUp") return;
    const cells = this.cells();
    const place = cells.indexOf(event.target as HTMLInputElement);
    if (place < 0) return;
    event.preventDefault();
    const next = cells[place + (down ? 1 : -1)];
    if (next) next.select();
    else (event.target as HTMLInputElement).blur();
    next?.focus();
  }

  private paste(event: ClipboardEvent): void {
    const lines = (event.clipboardData?.getData("text") ?? "").replace(/\r?\n$/, "").split(/\r?\n/);
    const cells = this.cells();
    const place = cells.indexOf(event.target as HTMLInputElement);
    if (lines.length < 2 || place < 0) return;
    event.preventDefault();
    lines.slice(0, cells.length - place).forEach((line, offset) => {
      const cell = cells[place + offset];
      if (!cell) return;
      cell.value = line.split("\t")[0]?.trim() ?? "";
      this.changed(cell);
    });
  }

  private later(pause: number): void {
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.send(), pause);
  }

  private async send(): Promise<void> {
    if (this.sending || !this.waiting.size) return;
    this.sending = true;
    this.say("saving");
    const cells = [...this.waiting.values()].slice(0, 200);
    try {
      const response = await fetch(this.form.dataset["entry"] ?? "", {
        method: "POST",
        headers: { "Content-Type": "application/json", "X-CSRFToken": this.token() },
        body: JSON.stringify({ cells }),
      });
      if (!response.ok || response.redirected) throw new Error(String(response.status));
      const said = (await response.json()) as { cells: Answer[] };
      this.answered(cells, said.cells);
      this.say(this.form.querySelector(".is-invalid") ? "wrong" : "saved");
      if (this.waiting.size) this.later(0);
    } catch {
      this.say("offline");
      this.later(RETRY);
    }
    this.sending = false;
  }

  private answered(sent: Typed[], answers: Answer[]): void {
    for (const typed of sent) if (this.waiting.get(typed.pupil) === typed) this.waiting.delete(typed.pupil);
    this.keep();
    for (const answer of answers) this.show(answer);
  }

  private show(answer: Answer): void {
    const cell = this.cells().find((one) => one.dataset["pupil"] === answer.pupil);
    const note = document.getElementById(`m-${answer.pupil}`);
    if (!cell || !note) return;
    this.was(answer.pupil).value = answer.token;
    const again = this.waiting.get(answer.pupil);
    if (again) again.was = answer.token;
    else if (answer.state === "saved") cell.value = cell.dataset["shown"] = answer.text;
    cell.classList.toggle("is-invalid", answer.state !== "saved");
    note.textContent = answer.message;
  }

  private token(): string {
    return (this.form.elements.namedItem("csrfmiddlewaretoken") as HTMLInputElement).value;
  }

  private say(kind: "saving" | "saved" | "offline" | "wrong"): void {
    const place = this.form.querySelector("[data-entry-state]");
    if (place) place.textContent = this.form.dataset[kind] ?? "";
  }

  /** Only random keys and the typed values are kept, and only until the server has them. */
  private keep(): void {
    if (this.waiting.size) localStorage.setItem(this.key, JSON.stringify([...this.waiting.values()]));
    else localStorage.removeItem(this.key);
  }

  private restore(): void {
    const kept = JSON.parse(localStorage.getItem(this.key) ?? "[]") as Typed[];
    for (const typed of kept) {
      const cell = this.cells().find((one) => one.dataset["pupil"] === typed.pupil);
      if (!cell) continue;
      cell.value = cell.dataset["shown"] = typed.text;
      this.waiting.set(typed.pupil, typed);
    }
    if (this.waiting.size) this.later(0);
    else this.keep();
  }
}
