import { useState } from 'preact/hooks';
import { Unreachable } from '../api/post.ts';
import type { Refused } from '../words/refusals.ts';
import { Refusal } from './refusal.tsx';

export function SignOutButton({ signOut }: { signOut(): Promise<Refused | null> }) {
  const [refused, setRefused] = useState<Refused | null>(null);
  return (
    <>
      <button
        type="button"
        onClick={() =>
          void signOut()
            .catch((error: unknown): Refused => {
              if (!(error instanceof Unreachable)) throw error;
              return { message: error.message };
            })
            .then(setRefused)
        }
      >
        Sign out
      </button>
      <Refusal refused={refused} />
    </>
  );
}
