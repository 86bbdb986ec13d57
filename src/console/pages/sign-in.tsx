import { useId, useState } from 'preact/hooks';
import { ownSession } from '../api/execute.ts';
import { PageHeading } from '../parts/page-heading.tsx';
import { Refusal } from '../parts/refusal.tsx';
import { type Refused, refusalOfNoAnswer } from '../words/refusals.ts';

/** `reason` says why the person is not signed in any more. */
export function SignInPage({ reason }: { reason: string | null }) {
  const id = useId();
  const [refused, setRefused] = useState<Refused | null>(null);
  const [isBusy, setBusy] = useState(false);

  async function signIn(form: HTMLFormElement): Promise<void> {
    const given = new FormData(form);
    setBusy(true);
    setRefused(null);
    try {
      setRefused(await ownSession.signIn(String(given.get('identifier')), String(given.get('password'))));
    } catch (error) {
      setRefused(refusalOfNoAnswer(error));
    } finally {
      setBusy(false);
    }
  }

  return (
    <div class="sign-in">
      <PageHeading title="Sign in to the console" />
      {reason !== null && (
        <p class="notice" role="alert">
          {reason}
        </p>
      )}
      <form
        method="post"
        onSubmit={(event) => {
          event.preventDefault();
          void signIn(event.currentTarget);
        }}
      >
        <label for={`${id}-identifier`}>Email address or username</label>
        <input
          id={`${id}-identifier`}
          name="identifier"
          autoComplete="username"
          autoCapitalize="none"
          spellcheck={false}
          required
        />
        <label for={`${id}-password`}>Password</label>
        <input
          id={`${id}-password`}
          name="password"
          type="password"
          autoComplete="current-password"
          required
        />
        <Refusal refused={refused} />
        <button type="submit" class="primary" disabled={isBusy}>
          Sign in
        </button>
      </form>
    </div>
  );
}
