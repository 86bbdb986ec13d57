import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { OperatorError } from '../../src/core/operator-error.ts';
import { type MailKindName, mailKinds } from '../../src/modules/mail/mail-kinds.ts';
import { MailTemplates } from '../../src/modules/mail/mail-templates.ts';

const common = {
  product: 'Example & Sons',
  recipient: 'ada@example.com',
  link: 'https://app.example/verify-email#token=lko_x',
  at: '2026-11-27T18:42:00.000Z',
};
const kinds = Object.keys(mailKinds) as MailKindName[];

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

/** A folder of an operator's templates. */
function folderOf(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-templates-'));
  folders.push(folder);
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(folder, name, '..'), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}

describe('shipped templates', () => {
  const templates = new MailTemplates(null);

  test.each(kinds)('%s has a subject, text and HTML that say the same', (kind) => {
    const { subject, text, html } = templates.render(kind, null, { ...common, ...mailKinds[kind].data });
    expect(subject).toMatch(/^[^\n]{10,120}$/);
    expect(subject).not.toMatch(/[{}]|Subject:/);
    for (const form of [text, html]) {
      expect(form).not.toMatch(/\{[{%]/);
      expect(form).toContain('sent this message to ada@example.com.');
    }
    expect(html).toContain('Example &amp; Sons');
    expect(text).toContain('Example & Sons');
    const linksIn = (form: string) => form.includes(common.link);
    expect(linksIn(html)).toBe(linksIn(text));
    expect(linksIn(text)).toBe(mailKinds[kind].page !== 'home');
  });

  test.each(kinds)('%s reads well where the origin is unknown', (kind) => {
    const data = { ...mailKinds[kind].data, device: null, ipAddress: null };
    const { text } = templates.render(kind, null, { ...common, ...data });
    expect(text).not.toMatch(/null|undefined|Requested( with| from)?\s*\.|: *\n\n\n/);
  });

  test('escape in HTML what somebody typed, and keep it out of the subject', () => {
    const tokenName = '<script>alert(1)</script>\r\nBcc: eve@evil.example';
    const { subject, html, text } = templates.render('personal-access-token-created', null, {
      ...common,
      device: '<b>',
      ipAddress: null,
      tokenName,
    });
    expect(subject).toBe('A personal access token was created at Example & Sons');
    expect(html).not.toContain('<script>alert');
    expect(html).not.toContain('<b>');
    expect(html).toContain('&lt;script&gt;');
    expect(text).toContain(tokenName);
  });
});

describe('templates of an operator', () => {
  const german = {
    'de/verify-email.txt': 'Subject: Adresse bestätigen\n\n{{ link }}\n',
    'de/verify-email.html': '<p>{{ link }} {{ recipient }}</p>',
  };
  const render = (templates: MailTemplates, languages: string | null, kind: MailKindName = 'verify-email') =>
    templates.render(kind, languages, { ...common, ...mailKinds[kind].data });

  test.each([
    ['de', 'Adresse bestätigen'],
    ['fr;q=0.9, de-AT;q=0.8, en;q=0.1', 'Adresse bestätigen'],
    ['en, de;q=0.5', 'Confirm your email address for Example & Sons'],
    ['*', 'Confirm your email address for Example & Sons'],
    ['xx', 'Confirm your email address for Example & Sons'],
    [';;q=,', 'Confirm your email address for Example & Sons'],
    ['../../etc', 'Confirm your email address for Example & Sons'],
    [null, 'Confirm your email address for Example & Sons'],
  ])('are chosen by Accept-Language %s', (languages, subject) => {
    const templates = new MailTemplates(folderOf(german));
    expect(render(templates, languages).subject).toBe(subject);
    // Where a message is not translated, the fallback is sent.
    expect(render(templates, languages, 'new-device').subject).toBe('New sign-in to Example & Sons');
  });

  test('replace single files, the layout too', () => {
    const templates = new MailTemplates(
      folderOf({ ...german, 'en/layout.html': '<main lang="{{ language }}">{{ content | raw }}</main>' }),
    );
    expect(render(templates, 'de').html).toBe(`<main lang="de"><p>${common.link} ada@example.com</p></main>`);
  });

  test.each([
    ['uses a value that there is not', { 'en/verify-email.txt': 'Subject: x\n{{ secret }}' }, 'secret'],
    ['does not parse', { 'en/layout.txt': '{% if %}' }, 'layout'],
    ['has no link', { 'en/reset-password.txt': 'Subject: x\nyour link' }, 'has no {{ link }}'],
    [
      'is misspelled',
      { 'en/reset-pasword.txt': 'Subject: x\n{{ link }}' },
      'en/reset-pasword.txt is no template',
    ],
    [
      'has no other form',
      { 'fr/reset-password.txt': 'Subject: x\n{{ link }}' },
      'fr/reset-password.html is missing',
    ],
    [
      'fails only where the device is unknown',
      { 'en/new-device.txt': 'Subject: x\n{% unless device %}{{ nothing }}{% endunless %}' },
      'nothing',
    ],
    ['includes a file', { 'en/verify-email.html': "{% render '/etc/passwd' %}" }, 'passwd'],
  ])('that %s prevent the start', (_what, files, word) => {
    const templates = new MailTemplates(folderOf(files));
    expect(() => templates.check(common)).toThrow(OperatorError);
    expect(() => templates.check(common)).toThrow(word);
  });

  test('in a folder that does not exist prevent it too', () => {
    const templates = new MailTemplates(join(tmpdir(), 'latchkey-no-such-folder'));
    expect(() => templates.check(common)).toThrow('the folder does not exist');
  });

  test('that can be used pass the check, also in a mounted volume', () => {
    const folder = folderOf({
      '..2026_11_27/de/verify-email.txt': 'x',
      '.git/HEAD': 'x',
      'en/.DS_Store': 'x',
    });
    symlinkSync(`${folderOf(german)}/de`, join(folder, 'de'));
    const templates = new MailTemplates(folder);
    expect(() => templates.check(common)).not.toThrow();
    expect(render(templates, 'de').subject).toBe('Adresse bestätigen');
    expect(() => new MailTemplates(folderOf(german)).check(common)).not.toThrow();
  });
});
