/** Where Altair writes what stands in its windows: variables with passwords, results with tokens. And its settings. */
const STORE_OF_WINDOWS = 'appState';

/**
 * Keeps what stands in the windows out of the browser's storage. Altair writes it even where it is told not to read it again. What
 * people save in a collection is stored.
 */
export function forgetWindows(): void {
  for (const method of ['put', 'add'] as const) {
    const original = IDBObjectStore.prototype[method];
    IDBObjectStore.prototype[method] = function (value, key): IDBRequest<IDBValidKey> {
      if (this.name !== STORE_OF_WINDOWS) return original.call(this, value, key);
      // Altair awaits the request, whatever it returns.
      return this.count() as IDBRequest;
    };
  }
}
