import { useId, useRef, useState } from 'preact/hooks';
import { ownSession } from '../api/execute.ts';
import { type Refused, refusalOfNoAnswer } from '../words/refusals.ts';
import { Dialog } from './dialog.tsx';
import { Refusal } from './refusal.tsx';

/** Asks for the password again, for what requires recent authentication. */
export function PasswordDialog({ onClosed }: { onClosed(isRecent: boolean): void }) {
  const id = useId();
  const [refused, setRefused] = useState<Refused | null>(null);
  const [isBusy, setBusy] = useState(false);
  const isRecent = useRef(false);

  async function check(password: string, close: () => void): Promise<void> {
    setBusy(true);
    const refusal = await ownSession.reauthenticate(password).catch(refusalOfNoAnswer);
    setBusy(false);
    if (refusal !== null) return setRefused(refusal);
    isRecent.current = true;
    close();
  }

  return (
    <Dialog title="Enter your password again" onClosed={() => onClosed(isRecent.current)}>
      {(close) => (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            void check(String(new FormData(event.currentTarget).get('password')), close);
          }}
        >
          <p>You signed in some time ago. This action needs your password.</p>
          <label for={id}>Password</label>
          <input id={id} name="password" type="password" autoComplete="current-password" required />
          <Refusal refused={refused} />
          <div class="buttons">
            <button type="button" onClick={close}>
              Cancel
            </button>
            <button type="submit" class="primary" disabled={isBusy}>
              Continue
            </button>
          </div>
        </form>
      )}
    </Dialog>
  );
}
