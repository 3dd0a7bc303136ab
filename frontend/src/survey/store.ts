/** Unsent answers on this device, in IndexedDB: written at every change, so that a closed browser loses nothing. */

export interface Draft {
  key: string;
  uid: string;
  version: number;
  data: Record<string, unknown>;
  page: number;
  seconds: number;
  saved: number;
  /** Where to send it to, set once the person has pressed "send". */
  send?: string;
}

const NAME = "xuequ-surveys";
const TABLE = "drafts";

function open(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(TABLE, { keyPath: "key" });
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

async function within<T>(mode: IDBTransactionMode, work: (table: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  const base = await open();
  try {
    return await new Promise<T>((resolve, reject) => {
      const transaction = base.transaction(TABLE, mode);
      const request = work(transaction.objectStore(TABLE));
      transaction.oncomplete = () => resolve(request.result);
      transaction.onerror = transaction.onabort = () => reject(transaction.error);
    });
  } finally {
    base.close();
  }
}

/** Browsers in private windows may refuse to keep anything; then answering still works, only unsaved. */
export async function load(key: string): Promise<Draft | undefined> {
  return within<Draft | undefined>("readonly", (table) => table.get(key)).catch(() => undefined);
}

export async function save(draft: Draft): Promise<boolean> {
  return within("readwrite", (table) => table.put(draft)).then(
    () => true,
    () => false,
  );
}

export async function forget(key: string): Promise<void> {
  await within("readwrite", (table) => table.delete(key)).catch(() => undefined);
}

/** Return what waits to be sent by this person: the keys of one person begin alike. */
export async function waiting(owner: string): Promise<Draft[]> {
  const all = await within<Draft[]>("readonly", (table) => table.getAll()).catch(() => [] as Draft[]);
  return all.filter((draft) => draft.send && draft.key.startsWith(owner));
}
