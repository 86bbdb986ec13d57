import type { ComponentChildren } from 'preact';
import { useRef } from 'preact/hooks';
import { Dialog } from './dialog.tsx';

interface Props {
  readonly title: string;
  /** What will happen. */
  readonly children: ComponentChildren;
  readonly action: string;
  onClosed(isConfirmed: boolean): void;
}

export function ConfirmDialog({ title, children, action, onClosed }: Props) {
  const isConfirmed = useRef(false);
  return (
    <Dialog title={title} onClosed={() => onClosed(isConfirmed.current)}>
      {(close) => (
        <>
          <p>{children}</p>
          <div class="buttons">
            <button type="button" onClick={close}>
              Cancel
            </button>
            <button
              type="button"
              class="danger"
              onClick={() => {
                isConfirmed.current = true;
                close();
              }}
            >
              {action}
            </button>
          </div>
        </>
      )}
    </Dialog>
  );
}
