// What the phone keeps (离线存储): the list, drafts, visits that wait, photographs. IndexedDB survives closing the browser.
const NAME = "huoshui-visits";
const STORES = ["state", "drafts", "queue", "photos"];
let opened = null;

function database() {
  if (!opened) {
    opened = new Promise((resolve, reject) => {
      const asked = indexedDB.open(NAME, 1);
      asked.onupgradeneeded = () => STORES.forEach((store) => asked.result.createObjectStore(store));
      asked.onsuccess = () => resolve(asked.result);
      asked.onerror = () => reject(asked.error);
    });
  }
  return opened;
}

// One transaction: it has happened when the promise resolves, or nothing has.
async function transact(stores, mode, work) {
  const db = await database();
  return new Promise((resolve, reject) => {
    const transaction = db.transaction(stores, mode, mode === "readwrite" ? { durability: "strict" } : {});
    const answer = work(...stores.map((store) => transaction.objectStore(store)));
    transaction.oncomplete = () => resolve(answer && "result" in answer ? answer.result : undefined);
    transaction.onabort = transaction.onerror = () => reject(transaction.error);
  });
}

export const read = (store, key) => transact([store], "readonly", (x) => x.get(key));
export const all = (store) => transact([store], "readonly", (x) => x.getAll());
export const write = (store, key, value) => transact([store], "readwrite", (x) => x.put(value, key));
export const remove = (store, key) => transact([store], "readwrite", (x) => x.delete(key));

// A visit is put into the queue, its photographs are kept and its draft is dropped, all of it or nothing.
export function queueVisit(visit, photos, draftKey) {
  return transact(["queue", "photos", "drafts"], "readwrite", (queue, kept, drafts) => {
    queue.put(visit, visit.sent.client_id);
    photos.forEach((photo) => kept.put(photo, photo.sha256));
    drafts.delete(draftKey);
  });
}
