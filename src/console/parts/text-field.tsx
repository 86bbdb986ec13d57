import { useEffect, useId, useRef, useState } from 'preact/hooks';

interface Props {
  readonly label: string;
  readonly value: string;
  readonly type?: 'text' | 'search' | 'datetime-local';
  /** What the value does, where that is not plain; below the field. */
  readonly hint?: string | undefined;
  /** Called once nothing was typed for a moment. */
  onSettled(value: string): void;
}

const SETTLED_MS = 300;

/** A field whose value counts once typing stops. */
export function TextField({ label, value, type = 'text', hint, onSettled }: Props) {
  const id = useId();
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const [text, setText] = useState(value);
  // By a link or the way back.
  useEffect(() => setText((typed) => (typed.trim() === value ? typed : value)), [value]);
  useEffect(() => () => clearTimeout(timer.current), []);
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        id={id}
        // Each type has attributes of its own to Preact's types; these suit all three.
        type={type as 'text'}
        value={text}
        autoComplete="off"
        aria-describedby={hint === undefined ? undefined : `${id}-hint`}
        spellcheck={false}
        onInput={(event) => {
          const next = event.currentTarget.value;
          setText(next);
          clearTimeout(timer.current);
          timer.current = setTimeout(() => onSettled(next), SETTLED_MS);
        }}
      />
      {hint !== undefined && (
        <p id={`${id}-hint`} class="hint">
          {hint}
        </p>
      )}
    </div>
  );
}
