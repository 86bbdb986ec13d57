import { type AccessToken, claimsOf } from './access-token.ts';
import { nameOf, signIn, signOut } from './session.ts';

/** Shows who is signed in, at the lower right, and lets people sign in without typing a password into an editor. */
export function addSessionBar(accessToken: AccessToken): void {
  const bar = element('div', { className: 'latchkey-session' });
  const who = element('span', { textContent: 'Not signed in', role: 'status' });
  const button = element('button', { type: 'button', textContent: 'Sign in' });
  const dialog = signInDialog(accessToken);
  bar.append(who, button);
  document.body.append(bar, dialog);

  /** The id of whoever is signed in. */
  let userId: string | null = null;
  button.addEventListener('click', () => {
    if (userId === null) dialog.showModal();
    else void leave();
  });
  accessToken.onChange((token) => {
    const before = userId;
    userId = token === null ? null : claimsOf(token).sub;
    button.textContent = userId === null ? 'Sign in' : 'Sign out';
    if (token === null) who.textContent = 'Not signed in';
    else if (userId !== before) void show(token, userId);
  });

  async function show(token: string, ofUser: string | null): Promise<void> {
    const name = await nameOf(token).catch(() => null);
    // Somebody else may have signed in meanwhile.
    if (userId === ofUser) who.textContent = name === null ? 'Signed in' : `Signed in as ${name}`;
  }

  async function leave(): Promise<void> {
    const hasLeft = await signOut(accessToken).catch(() => false);
    if (!hasLeft) who.textContent = 'Still signed in: the server did not sign you out. Try again.';
  }
}

function signInDialog(accessToken: AccessToken): HTMLDialogElement {
  const dialog = element('dialog', { className: 'latchkey-dialog' });
  dialog.setAttribute('aria-labelledby', 'latchkey-dialog-title');
  const form = element('form', { method: 'dialog' });
  const title = element('h2', { id: 'latchkey-dialog-title', textContent: 'Sign in' });
  const identifier = element('input', { autocomplete: 'username', required: true });
  const password = element('input', { type: 'password', autocomplete: 'current-password', required: true });
  const problem = element('p', { className: 'latchkey-problem', role: 'alert' });
  const cancel = element('button', { type: 'button', textContent: 'Cancel' });
  const submit = element('button', { type: 'submit', textContent: 'Sign in' });
  const buttons = element('div', { className: 'latchkey-buttons' });
  buttons.append(cancel, submit);
  form.append(title, labelled('Email address or username', identifier), labelled('Password', password));
  form.append(problem, buttons);
  dialog.append(form);

  cancel.addEventListener('click', () => dialog.close());
  dialog.addEventListener('close', () => {
    password.value = '';
    problem.textContent = '';
  });
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    submit.disabled = true;
    void signIn(accessToken, identifier.value, password.value)
      .catch(() => 'The server does not answer.')
      .then((message) => {
        submit.disabled = false;
        problem.textContent = message;
        if (message === null) dialog.close();
      });
  });
  return dialog;
}

function labelled(text: string, input: HTMLInputElement): HTMLLabelElement {
  const label = element('label', { textContent: text });
  label.append(input);
  return label;
}

function element<K extends keyof HTMLElementTagNameMap>(
  name: K,
  properties: Partial<HTMLElementTagNameMap[K]>,
): HTMLElementTagNameMap[K] {
  return Object.assign(document.createElement(name), properties);
}
