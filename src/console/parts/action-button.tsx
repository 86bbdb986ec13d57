import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { Value } from '../api/value.ts';
import type { Refused } from '../words/refusals.ts';
import { announce } from './announcements.tsx';
import { ConfirmDialog } from './confirm-dialog.tsx';
import { PasswordDialog } from './password-dialog.tsx';
import type { Outcome } from './perform.ts';
import { Refusal } from './refusal.tsx';

interface Props {
  readonly label: string;
  /** What tells this button from others of the same label; not shown. */
  readonly of?: ComponentChildren;
  /** What is asked before. Without it the command runs at once. */
  readonly question?: { readonly title: string; readonly text: ComponentChildren };
  /** What was typed for the command: a refusal is of that text. */
  readonly input?: string;
  run(): Promise<Outcome>;
  onDone(): void;
}

type State = 'idle' | 'asking' | 'running' | 'asking for the password';

/** The button whose command was started last: what others were refused is history. */
const latest = new Value<object | null>(null);

/** A command: its button, what is asked before, and why it was refused. */
export function ActionButton({ label, of, question, input, run, onDone }: Props) {
  const button = useRef<HTMLButtonElement>(null);
  const [state, setState] = useState<State>('idle');
  const [refused, setRefused] = useState<Refused | null>(null);
  useEffect(() => setRefused(null), [input]);
  useEffect(() => latest.subscribe(() => latest.get() !== button && setRefused(null)), [button]);

  async function start(): Promise<void> {
    latest.set(button);
    setState('running');
    setRefused(null);
    const outcome = await run();
    if (outcome.kind === 'reauthentication required') return setState('asking for the password');
    setState('idle');
    if (outcome.kind === 'refused') return setRefused(outcome.refused);
    announce(outcome.said);
    // The button may vanish with what it changed: the heading of its section does not.
    button.current?.closest('section')?.querySelector<HTMLElement>('h2')?.focus();
    onDone();
  }

  return (
    <>
      <button
        ref={button}
        type="button"
        class={question ? 'danger' : ''}
        aria-disabled={state === 'running'}
        onClick={() => {
          if (state !== 'running') question ? setState('asking') : void start();
        }}
      >
        {label}
        {of !== undefined && <span class="visually-hidden"> {of}</span>}
      </button>
      <Refusal refused={refused} />
      {state === 'asking' && question && (
        <ConfirmDialog
          title={question.title}
          action={label}
          onClosed={(isConfirmed) => (isConfirmed ? void start() : setState('idle'))}
        >
          {question.text}
        </ConfirmDialog>
      )}
      {state === 'asking for the password' && (
        <PasswordDialog onClosed={(isRecent) => (isRecent ? void start() : setState('idle'))} />
      )}
    </>
  );
}
