/** Keys of the console: `/` leads to the search, Escape out of it. */
export function enableKeys() {
  document.addEventListener('keydown', (event) => {
    const { target } = event;
    const isTyping = target instanceof Element && target.closest('input, select, textarea, dialog') !== null;
    if (event.key === 'Escape' && target instanceof HTMLInputElement && target.id === 'find') target.blur();
    if (event.key !== '/' || isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    document.getElementById('find')?.focus();
  });
}
