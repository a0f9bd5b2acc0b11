// What the officer's desk page keeps on this machine to work without the server: who may open visits
// at which desk until when, sealed, and the visits of today. It goes with the session.

import { newKey, seal, unseal } from "./kiosk-vault.js";

export const NAME = "hailong-desk";
const STORE = "kit";

export class Kit {
  #opened = null;

  #open() {
    this.#opened ??= new Promise((resolve, reject) => {
      const request = indexedDB.open(NAME, 1);
      request.onupgradeneeded = () => request.result.createObjectStore(STORE);
      request.onerror = () => reject(request.error);
      request.onsuccess = () => {
        request.result.onversionchange = () => request.result.close();
        resolve(request.result);
      };
    });
    return this.#opened;
  }

  async #do(mode, work) {
    const db = await this.#open();
    return new Promise((resolve, reject) => {
      const transaction = db.transaction(STORE, mode);
      const request = work(transaction.objectStore(STORE));
      transaction.oncomplete = () => resolve(request.result);
      transaction.onerror = () => reject(transaction.error);
    });
  }

  async #key() {
    const found = await this.#do("readonly", (store) => store.get("key"));
    if (found) {
      return found;
    }
    const made = await newKey();
    await this.#do("readwrite", (store) => store.put(made, "key"));
    return made;
  }

  // Keep a note of this name, sealed, in place of the one before.
  async keep(name, body) {
    const sealed = await seal(await this.#key(), body);
    await this.#do("readwrite", (store) => store.put(sealed, name));
  }

  // The note of this name; null where there is none or it does not open.
  async recall(name) {
    const found = await this.#do("readonly", (store) => store.get(name));
    return found ? unseal(await this.#key(), found).catch(() => null) : null;
  }
}
