/** Passkeys: a form marked `data-passkey` asks the device before it is sent. The options stand in `#passkey-options`. */

type Json = Record<string, unknown>;

function bytes(text: string): ArrayBuffer {
  const binary = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
  return Uint8Array.from(binary, (char) => char.charCodeAt(0)).buffer as ArrayBuffer;
}

function text(buffer: ArrayBuffer | null): string | null {
  if (!buffer) return null;
  const binary = Array.from(new Uint8Array(buffer), (byte) => String.fromCharCode(byte)).join("");
  return btoa(binary).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

// Browsers that schools still use lack parseCreationOptionsFromJSON, so the few binary fields are converted here.
function known(list: unknown): PublicKeyCredentialDescriptor[] {
  return ((list as Json[] | undefined) ?? []).map((one) => ({ ...one, id: bytes(one.id as string) }) as never);
}

function publicKey(options: Json): Json {
  const found = { ...(options.publicKey as Json) };
  found.challenge = bytes(found.challenge as string);
  if (found.user) found.user = { ...(found.user as Json), id: bytes((found.user as Json).id as string) };
  if (found.excludeCredentials) found.excludeCredentials = known(found.excludeCredentials);
  if (found.allowCredentials) found.allowCredentials = known(found.allowCredentials);
  return found;
}

function answer(credential: PublicKeyCredential): Json {
  const response = credential.response as AuthenticatorAttestationResponse & AuthenticatorAssertionResponse;
  const inner: Json = { clientDataJSON: text(response.clientDataJSON) };
  if (response.attestationObject) {
    inner.attestationObject = text(response.attestationObject);
    inner.transports = response.getTransports ? response.getTransports() : [];
  } else {
    inner.authenticatorData = text(response.authenticatorData);
    inner.signature = text(response.signature);
    inner.userHandle = text(response.userHandle);
  }
  return {
    type: credential.type,
    id: credential.id,
    rawId: text(credential.rawId),
    response: inner,
    clientExtensionResults: credential.getClientExtensionResults(),
  };
}

async function ask(kind: string): Promise<Json> {
  const options = publicKey(JSON.parse(document.getElementById("passkey-options")?.textContent ?? "{}") as Json);
  const request = { publicKey: options as never };
  const found = await (kind === "create" ? navigator.credentials.create(request) : navigator.credentials.get(request));
  return answer(found as PublicKeyCredential);
}

function complain(form: HTMLFormElement, error: unknown): void {
  const place = form.querySelector<HTMLElement>("[data-passkey-trouble]");
  if (!place) return;
  const name = error instanceof DOMException ? error.name : "";
  const words = name === "InvalidStateError" ? place.dataset.known : place.dataset.failed;
  place.textContent = (window.PublicKeyCredential ? words : place.dataset.unable) ?? "";
  place.hidden = false;
}

/** Let forms marked `data-passkey` ask the device first. */
export function mountPasskeys(root: ParentNode): void {
  root.querySelectorAll<HTMLFormElement>("form[data-passkey]").forEach((form) => {
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      event.stopImmediatePropagation(); // the mark "already sent" comes with the real sending
      ask(form.dataset.passkey ?? "get")
        .then((credential) => {
          const field = form.elements.namedItem("credential") as HTMLInputElement;
          field.value = JSON.stringify(credential);
          form.submit();
        })
        .catch((error: unknown) => complain(form, error));
    });
  });
}
