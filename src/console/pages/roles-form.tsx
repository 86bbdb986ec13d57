import type { ComponentChildren } from 'preact';
import { useEffect, useId, useState } from 'preact/hooks';
import { ChangeUser } from '../generated.ts';
import { ActionButton } from '../parts/action-button.tsx';
import { perform } from '../parts/perform.ts';

interface Props {
  readonly userId: string;
  readonly roles: readonly string[];
  readonly who: ComponentChildren;
  onChange(): void;
}

/** The roles as text: the API lists those of a user, not those that exist. */
export function RolesForm({ userId, roles, who, onChange }: Props) {
  const id = useId();
  const present = roles.join(', ');
  const [text, setText] = useState(present);
  useEffect(() => setText(present), [present]);
  const wanted = text
    .split(',')
    .map((role) => role.trim())
    .filter(Boolean);
  const words = wanted.length === 0 ? 'no roles' : `the roles ${wanted.join(', ')}`;
  return (
    <div class="roles">
      <label for={id}>Roles, separated by commas</label>
      <input
        id={id}
        value={text}
        autoComplete="off"
        autoCapitalize="none"
        spellcheck={false}
        onInput={(event) => setText(event.currentTarget.value)}
      />
      <ActionButton
        label="Change roles"
        input={text}
        question={{
          title: 'Change the roles?',
          text: (
            <>
              {who} has {words} from now on.
            </>
          ),
        }}
        run={() => perform(ChangeUser, { id: userId, input: { roles: wanted } }, 'The roles are changed.')}
        onDone={onChange}
      />
    </div>
  );
}
