/**
 * Listens for a CustomEvent and hands over what it carries.
 * @template T
 * @param {EventTarget} target
 * @param {string} type
 * @param {(detail: T) => void} listener
 */
export function on(target, type, listener) {
  target.addEventListener(type, (event) => listener(/** @type {CustomEvent<T>} */ (event).detail));
}

/** @param {EventTarget} target @param {string} type @param {unknown} [detail] */
export function emit(target, type, detail) {
  target.dispatchEvent(new CustomEvent(type, { detail }));
}
