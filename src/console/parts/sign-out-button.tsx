import { useState } from 'preact/hooks';
import { Unreachable } from '../api/post.ts';
import type { Refused } from '../words/refusals.ts';
import { Refusal } from './refusal.tsx';

export function SignOutButton({ signOut }: { signOut(): Promise<void> }) {
  const [refused, setRefused] = useState<Refused | null>(null);
  return (
    <>
      <button
        type="button"
        onClick={() =>
          void signOut().catch((error: unknown) => {
            if (!(error instanceof Unreachable)) throw error;
            setRefused({ message: error.message });
          })
        }
      >
        Sign out
      </button>
      <Refusal refused={refused} />
    </>
  );
}
