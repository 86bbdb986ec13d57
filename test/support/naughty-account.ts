import { newAccount, PASSWORD, SIGNUP } from './client.ts';
import { headerOf, type NaughtyApp, offence } from './naughty-answers.ts';

interface Texts {
  email: string;
  username: string | null;
  name: string | null;
  password: string;
}
/** An account, as far as its texts were taken. */
export interface NaughtyAccount {
  readonly text: string;
  /** What was taken. */
  readonly input: Texts;
  /** Where the text was called invalid: a field, or `… with more` for what begins with the text. */
  readonly refused: ReadonlySet<string>;
  readonly id: string;
  readonly accessToken: string;
}
/** A password that is long enough, and begins and ends with the text where that leaves it short enough. */
export const framed = (text: string, between: string) =>
  [...text].length > 100 ? `${text}${between}` : `${text} ${between} ${text}`;

/** Signs up with the text itself, and then with what comes next wherever it was refused. */
export async function signUpWith(text: string, send: NaughtyApp['send']): Promise<NaughtyAccount> {
  const next: { [Field in keyof Texts]: Texts[Field][] } = {
    email: [`${text}@example.com`, newAccount().email],
    username: [null],
    name: [null],
    password: [framed(text, 'between the two'), PASSWORD],
  };
  const input: Texts = { email: text, username: text, name: text, password: text };
  const refused = new Set<string>();
  const replace = (field: keyof Texts) => Object.assign(input, { [field]: next[field].shift() });
  const header = headerOf(text);
  const headers =
    header === null ? {} : { 'user-agent': header, 'x-forwarded-for': header, 'x-request-id': header };
  for (let attempt = 0; attempt < 4; attempt += 1) {
    const answer = await send(SIGNUP, { input }, headers);
    const bad = offence(answer, text);
    if (bad !== null) throw new Error(bad);
    const { signup } = answer.json.data;
    if (signup.__typename === 'Authentication')
      return { text, input, refused, id: signup.user.id, accessToken: signup.accessToken };
    if (signup.__typename === 'EmailTakenError') replace('email');
    if (signup.__typename === 'UsernameTakenError') replace('username');
    for (const { path } of signup.fields ?? []) {
      const field = path[0] as keyof Texts;
      refused.add(input[field] === text ? field : `${field} with more`);
      replace(field);
    }
  }
  throw new Error(`nobody can sign up with ${JSON.stringify(text)}`);
}
