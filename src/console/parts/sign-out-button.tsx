import { useState } from 'preact/hooks';
import { type Refused, refusalOfNoAnswer } from '../words/refusals.ts';
import { Refusal } from './refusal.tsx';

export function SignOutButton({ signOut }: { signOut(): Promise<Refused | null> }) {
  const [refused, setRefused] = useState<Refused | null>(null);
  return (
    <>
      <button type="button" onClick={() => void signOut().catch(refusalOfNoAnswer).then(setRefused)}>
        Sign out
      </button>
      <Refusal refused={refused} />
    </>
  );
}
