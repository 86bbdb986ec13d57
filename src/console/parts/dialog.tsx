import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';

interface Props {
  readonly title: string;
  readonly children: (close: () => void) => ComponentChildren;
  /** It has closed, and the focus is back where it was. */
  onClosed(): void;
}

/** A modal dialog: the browser keeps the focus in it, closes it on Escape, and puts the focus back. */
export function Dialog({ title, children, onClosed }: Props) {
  const id = useId();
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} aria-labelledby={id} onClose={onClosed}>
      <h2 id={id}>{title}</h2>
      {children(() => dialog.current?.close())}
    </dialog>
  );
}
