import { Value } from '../api/value.ts';
import { useValue } from './use-value.ts';

const announcement = new Value('');

/** Lets screen readers say what has happened, without moving the focus. */
export function announce(text: string): void {
  // The same text twice is no change, and would not be said.
  announcement.set(announcement.get() === text ? `${text}\u00a0` : text);
}

export function Announcements() {
  return (
    <p class="visually-hidden" role="status">
      {useValue(announcement)}
    </p>
  );
}
