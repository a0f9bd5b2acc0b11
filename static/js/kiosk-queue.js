// The device's own store: what was touched, in its order, until the server has answered for it.
// It knows neither screen nor network, so that a service worker can use it as well.

import "../vendor/idb/idb-8.0.4.umd.js";

const { openDB } = globalThis.idb;
const STRICT = { durability: "strict" };

export class Queue {
  #opened = null;

  // Open once; a connection that the browser took away is opened again.
  #open() {
    const forget = () => {
      this.#opened = null;
    };
    this.#opened ??= openDB("hailong", 1, {
      upgrade(db) {
        db.createObjectStore("items", { keyPath: "key", autoIncrement: true });
        db.createObjectStore("aside", { keyPath: "key" });
        db.createObjectStore("device");
      },
      blocking: (before, now, event) => {
        event.target.close();
        forget();
      },
      terminated: forget,
    });
    this.#opened.catch(forget);
    return this.#opened;
  }

  // Keep a rating under the device's next number; both are stored, or neither.
  async addRating(rating) {
    const db = await this.#open();
    const transaction = db.transaction(["items", "device"], "readwrite", STRICT);
    const device = transaction.objectStore("device");
    const last = (await device.get("count")) ?? { epoch: newEpoch(), counter: 0 };
    const count = { epoch: last.epoch, counter: last.counter + 1 };
    device.put(count, "count");
    const body = { ...rating, ...count };
    transaction.objectStore("items").add({ kind: "rating", visit: rating.visit, body });
    await transaction.done;
    return body;
  }

  // Keep what belongs to a visit besides its rating.
  async add(kind, visit, body) {
    const db = await this.#open();
    const transaction = db.transaction("items", "readwrite", STRICT);
    transaction.store.add({ kind, visit, body });
    await transaction.done;
  }

  // The oldest items, at most so many.
  async list(most) {
    const db = await this.#open();
    return db.getAll("items", null, most);
  }

  async remove(item) {
    const db = await this.#open();
    await db.delete("items", item.key);
  }

  // Keep what the server cannot read, out of the way of what comes after it.
  async setAside(item) {
    const db = await this.#open();
    const transaction = db.transaction(["items", "aside"], "readwrite", STRICT);
    transaction.objectStore("aside").put(item);
    transaction.objectStore("items").delete(item.key);
    await transaction.done;
  }

  // The visits that something is still waiting to be told of.
  async visits() {
    const db = await this.#open();
    return (await db.getAll("items")).map((item) => item.visit);
  }
}

// A new name for a store's row of numbers; a store that was cleared begins another.
function newEpoch() {
  return crypto.getRandomValues(new Uint32Array(1))[0] >>> 1;
}

// A UUIDv7: the time in milliseconds, then chance.
export function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  let time = Date.now();
  for (let place = 5; place >= 0; place -= 1) {
    bytes[place] = time % 256;
    time = Math.floor(time / 256);
  }
  bytes[6] = (bytes[6] & 0x0f) | 0x70;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const digits = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}
