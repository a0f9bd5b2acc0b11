// The device's own store: what was touched, in its order, until the server has answered for it;
// and for a week longer, in case the server loses it. It knows neither screen nor network.

import "../vendor/idb/idb-8.0.4.umd.js";
import { fingerprint, newKey, seal, unseal } from "./kiosk-vault.js";

const { openDB } = globalThis.idb;
const NAME = "hailong";
const STRICT = { durability: "strict" };
const DAY_MS = 24 * 3600_000;
const KEPT_MS = 7 * DAY_MS;
const OLDEST_MS = 90 * DAY_MS;
const MOST_RATINGS = 20_000;
const PROBE_BYTES = 32_768;

export class Queue {
  // Whether the browser promises to keep this store; null where it does not say.
  isKept = null;
  #place;
  #opened = null;
  #key = null;

  // `place` names where the device stands; at another one its numbers begin anew.
  constructor(place) {
    this.#place = place;
  }

  // Open once; a connection that the browser took away is opened again.
  #open() {
    const forget = () => {
      this.#opened = this.#key = null;
    };
    const reactions = {
      upgrade,
      blocking: (before, now, event) => {
        event.target.close();
        forget();
      },
      terminated: forget,
    };
    // A page that the device went back to takes a newer page's store as it is.
    this.#opened ??= openDB(NAME, 2, reactions).catch((fault) =>
      fault.name === "VersionError" ? openDB(NAME, undefined, reactions) : Promise.reject(fault),
    );
    this.#opened.catch(forget);
    return this.#opened;
  }

  #goOn(last) {
    const place = this.#place ?? last?.place;
    const isHere = last && (last.place ?? place) === place;
    return { ...(isHere ? last : newCount()), place };
  }

  async #openSealed() {
    const db = await this.#open();
    this.#key ??= findKey(db);
    this.#key.catch(() => (this.#key = null));
    return { db, key: await this.#key };
  }

  // Keep a rating under the device's next number; both are stored, or neither.
  async addRating(rating) {
    const { db, key } = await this.#openSealed();
    const item = await makeItem(key, "rating", rating.visit, rating);
    const transaction = db.transaction(["items", "device"], "readwrite", STRICT);
    const device = transaction.objectStore("device");
    const last = this.#goOn(await device.get("count"));
    const { epoch } = last;
    const counter = last.counter + 1;
    device.put({ ...last, counter, at: item.at }, "count");
    transaction.objectStore("items").add({ ...item, epoch, counter });
    await transaction.done;
  }

  // Keep what belongs to a visit besides its rating.
  async add(kind, visit, body) {
    const { db, key } = await this.#openSealed();
    const item = await makeItem(key, kind, visit, body);
    const transaction = db.transaction("items", "readwrite", STRICT);
    transaction.store.add(item);
    await transaction.done;
  }

  // The oldest items, at most so many, as the server takes them. One that does not open any more
  // goes there as well, because what was refused is seen there, and here by nobody.
  async list(most) {
    const { db, key } = await this.#openSealed();
    const stored = await db.getAll("items", null, most);
    return Promise.all(
      stored.map(async (item) => {
        const { id, kind, epoch, counter } = item;
        const body = await unseal(key, item).catch(() => ({}));
        const number = counter ? { epoch, counter } : {};
        return { id, kind, body: { ...body, id, ...number }, item };
      }),
    );
  }

  // Take items out that were answered; `answers` has for each its item, result and time.
  async settle(answers) {
    const db = await this.#open();
    const transaction = db.transaction(["items", "kept"], "readwrite");
    for (const { item, result, at } of answers) {
      const { key, ...kept } = item;
      transaction.objectStore("items").delete(key);
      if (result === "refused" || result === "conflict") {
        delete kept.about;
      }
      if (item.kind !== "outcome") {
        transaction.objectStore("kept").put({ ...kept, delivered: at });
      }
    }
    await transaction.done;
  }

  // Queue again what the server lacks of this device's numbers; say how many were found.
  async putBack(counters) {
    const db = await this.#open();
    const transaction = db.transaction(["items", "kept", "device"], "readwrite", STRICT);
    const kept = transaction.objectStore("kept");
    const { epoch } = (await transaction.objectStore("device").get("count")) ?? {};
    let found = 0;
    for (const counter of epoch === undefined ? [] : counters) {
      for (const rating of await kept.index("number").getAll([epoch, counter])) {
        const reasons = await kept.index("of").getAll(rating.id);
        for (const { delivered, ...item } of [rating, ...reasons]) {
          transaction.objectStore("items").add(item);
          kept.delete(item.id);
          found += 1;
        }
      }
    }
    await transaction.done;
    return found;
  }

  // Drop what was delivered more than a week before.
  async forgetOld(now) {
    const db = await this.#open();
    const old = IDBKeyRange.upperBound(now - KEPT_MS);
    for (const id of await db.getAllKeysFromIndex("kept", "delivered", old)) {
      await db.delete("kept", id);
    }
  }

  // Whether a visit has its answer here, delivered or not.
  async knows(visit) {
    const db = await this.#open();
    const about = await fingerprint(visit);
    const counts = ["items", "kept"].map((name) => db.countFromIndex(name, "about", about));
    return (await Promise.all(counts)).some(Boolean);
  }

  // Keep a note of this device, sealed, in place of the one before.
  async note(name, body) {
    const { db, key } = await this.#openSealed();
    await db.put("device", await seal(key, body), name);
  }

  // The note of this name; null where there is none.
  async recall(name) {
    const { db, key } = await this.#openSealed();
    const found = await db.get("device", name);
    return found ? unseal(key, found) : null;
  }

  // What the device says of its queue.
  async state() {
    const db = await this.#open();
    const transaction = db.transaction(["items", "device"], "readwrite");
    const items = transaction.objectStore("items");
    const device = transaction.objectStore("device");
    const count = this.#goOn(await device.get("count"));
    device.put(count, "count");
    const length = await items.index("number").count();
    const oldest = (await items.openCursor())?.value.at ?? null;
    await transaction.done;
    return { ...count, length, oldest };
  }

  // Why no touch may be taken now: the queue is full, or nothing can be written.
  async trouble(now) {
    this.isKept = (await navigator.storage?.persisted?.()) ?? null;
    const db = await this.#open();
    const { length, oldest } = await this.state();
    if (length >= MOST_RATINGS || (oldest !== null && now - oldest > OLDEST_MS)) {
      return "full";
    }
    const transaction = db.transaction("device", "readwrite", STRICT);
    transaction.store.put(new Uint8Array(PROBE_BYTES), "probe");
    transaction.store.delete("probe");
    await transaction.done;
    return null;
  }
}

// The first version was never released.
function upgrade(db) {
  for (const name of [...db.objectStoreNames]) {
    db.deleteObjectStore(name);
  }
  db.createObjectStore("device");
  const items = db.createObjectStore("items", { keyPath: "key", autoIncrement: true });
  const kept = db.createObjectStore("kept", { keyPath: "id" });
  for (const store of [items, kept]) {
    store.createIndex("number", ["epoch", "counter"]);
    store.createIndex("about", "about");
  }
  kept.createIndex("of", "of");
  kept.createIndex("delivered", "delivered");
}

// The key of this store; of two pages that make one at a time, the first one's counts.
async function findKey(db) {
  const found = await db.get("device", "key");
  const made = found ?? (await newKey());
  if (found || !made) {
    return found;
  }
  const transaction = db.transaction("device", "readwrite", STRICT);
  const key = (await transaction.store.get("key")) ?? made;
  transaction.store.put(key, "key");
  await transaction.done;
  return key;
}

async function makeItem(key, kind, visit, body) {
  const at = Date.now() + (body.clock_offset_ms ?? 0);
  const link = body.rating ? { of: body.rating } : {};
  const about = await fingerprint(visit);
  return { id: body.id ?? newId(), kind, at, about, ...link, ...(await seal(key, body)) };
}

// A new name for a store's row of numbers; a store that was cleared begins another.
function newCount() {
  return { epoch: crypto.getRandomValues(new Uint32Array(1))[0] >>> 1, counter: 0, at: null };
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
