/**
 * Single keys, unless someone types, or holds a modifier that makes it the browser's.
 * @param {Record<string, () => void>} actions by lower-case key
 */
export function listenForShortcuts(actions) {
  addEventListener('keydown', (event) => {
    const { target } = event;
    const isTyping = target instanceof HTMLElement && (target.isContentEditable || target.matches('input, textarea, select'));
    if (event.repeat || event.ctrlKey || event.metaKey || event.altKey || isTyping) return;
    const action = actions[event.key.toLowerCase()];
    if (action === undefined) return;
    event.preventDefault();
    action();
  });
}
