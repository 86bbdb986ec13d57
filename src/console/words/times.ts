const format = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });
const dateOnly = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' });
const timeOnly = new Intl.DateTimeFormat(undefined, { timeStyle: 'medium' });

/** In the time zone of the browser, as all below. */
export const localTime = (iso: string): string => format.format(new Date(iso));

/** Only the time of a moment of today, only the date of another one. */
export function localBrief(iso: string): string {
  const at = new Date(iso);
  return at.toDateString() === new Date().toDateString() ? timeOnly.format(at) : dateOnly.format(at);
}

/** The value of a datetime-local input for a time of the API; empty if there is none. */
export function toInput(iso: string | null): string {
  const at = iso === null ? Number.NaN : Date.parse(iso);
  if (Number.isNaN(at)) return '';
  const local = new Date(at - new Date(at).getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 16);
}

/** The time that a datetime-local input names; empty if it is empty, null while the year is typed. */
export function fromInput(value: string): string | null {
  // A year of which one to three digits are typed begins with zeros.
  if (value.startsWith('0')) return null;
  const at = Date.parse(value);
  return Number.isNaN(at) ? '' : new Date(at).toISOString();
}
