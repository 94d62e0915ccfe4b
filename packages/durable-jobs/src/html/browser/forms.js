/**
 * @param {Date} at
 * @returns {string} a local time as a field takes it
 */
function asField(at) {
  const local = new Date(at.getTime() - at.getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 19);
}

/** Forms that search: their times are in the reader's time zone, and empty fields are left out of the address. */
export function enableForms() {
  for (const input of document.querySelectorAll('input[type=datetime-local][data-utc]')) {
    if (!(input instanceof HTMLInputElement)) continue;
    const at = input.dataset.utc ?? '';
    if (at !== '') input.value = asField(new Date(at));
    const zone = document.querySelector(`[data-zone-of="${input.id}"]`);
    if (zone) zone.textContent = '';
  }
  document.addEventListener('submit', (event) => {
    const form = event.target;
    if (!(form instanceof HTMLFormElement) || form.method !== 'get' || event.defaultPrevented) return;
    event.preventDefault();
    const query = new URLSearchParams();
    for (const [name, value] of new FormData(form)) {
      if (typeof value !== 'string' || value.trim() === '') continue;
      const input = form.elements.namedItem(name);
      const isTime = input instanceof HTMLInputElement && input.type === 'datetime-local';
      query.set(name, isTime ? new Date(value).toISOString() : value.trim());
    }
    const text = query.toString();
    location.assign(form.action.split('?')[0] + (text === '' ? '' : `?${text}`));
  });
}
