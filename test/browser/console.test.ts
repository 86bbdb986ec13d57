import { randomUUID } from 'node:crypto';
import { beforeAll, expect, test } from '@jest/globals';
import { UPDATE_USER } from '../support/administration.ts';
import { useTestApp } from '../support/app.ts';
import { describeWithBrowser, useTestBrowser } from '../support/browser.ts';
import { type GraphQLClient, PASSWORD } from '../support/client.ts';
import { EventStream } from '../support/event-stream.ts';
import { signInAdministrator, signInWithRoles } from '../support/signed-in.ts';
import { runSql } from '../support/sql.ts';
import { rewindSessionsWhere } from '../support/time-travel.ts';
import { ConsolePage } from './console-page.ts';

/** Right-to-left override: what follows would be shown backwards. */
const OVERRIDE = '\u202e';
const HOSTILE = {
  name: `<img src=x onerror="document.title='owned'">${OVERRIDE}gpj`,
  email: `"><script>document.title='owned'</script>${OVERRIDE}@example.com`,
  userAgent: `</script><svg onload=document.title='owned'>'"`,
};

describeWithBrowser('the console', () => {
  const latchkey = useTestApp({ env: { ROLES: '{"watcher":["sessions:read:any"]}' } });
  const browser = useTestBrowser();
  let administrator: Awaited<ReturnType<typeof signInWithRoles>>;
  let console: ConsolePage;

  beforeAll(async () => {
    administrator = await signInWithRoles(latchkey, 'user', 'admin');
    console = await ConsolePage.open(browser, latchkey);
    await console.signIn(administrator.email);
    await console.page.getByRole('heading', { level: 1, name: 'Users' }).waitFor();
  });

  test('finds a user by a part of the address, disables the account and tells why its stream ended', async () => {
    const victim = latchkey.client();
    const { user } = await victim.signup({ email: 'mallory.needle@example.com' });
    const stream = await EventStream.open(latchkey.url, { accessToken: victim.accessToken });
    const { page } = console;

    await console.go('users', 'Users');
    await page.getByRole('searchbox').fill('needle');
    await page.getByRole('link', { name: 'mallory.needle@example.com' }).click();
    await page.getByRole('heading', { level: 1, name: 'mallory.needle@example.com' }).waitFor();
    expect(page.url()).toContain(`#/users/${user.id}`);
    await console.confirm('Disable account');
    await page.getByRole('button', { name: 'Enable account' }).waitFor();

    const { events } = await stream.until(({ ended }) => ended);
    const changes = events.map(({ data }) => data?.data?.mySessionChanged).filter(Boolean);
    expect(changes.at(-1)).toMatchObject({ kind: 'ENDED', session: { endReason: 'ACCOUNT_DISABLED' } });

    await page.getByText('user.disabled').waitFor();
    await page.getByLabel('Sessions that are').selectOption('ended');
    await page.getByRole('link', { name: /^Event of the end/ }).click();
    await page.getByRole('heading', { level: 1, name: 'Audit log' }).waitFor();
    await page.getByText('The account was disabled.').waitFor();
    await page.goBack();
    await page.getByRole('heading', { level: 1, name: 'mallory.needle@example.com' }).waitFor();
  });

  test('keeps each of two filters that change at once', async () => {
    const { page } = console;
    await console.go('users', 'Users');
    await page.getByRole('searchbox').fill('needle');
    await page.getByLabel('Account').selectOption('DISABLED');
    await page.waitForURL(/status=DISABLED&search=needle/);
    await page.getByText('1 user', { exact: true }).first().waitFor();
  });

  test('says that a short text is searched at beginnings only', async () => {
    const { page } = console;
    const hint = page.getByText('Finds beginnings only.');
    await console.go('users?search=ee', 'Users');
    await hint.waitFor();
    await page.getByText('No user matches.').waitFor();
    await page.getByRole('searchbox').fill('eed');
    await hint.waitFor({ state: 'detached' });
    await page.getByRole('link', { name: 'mallory.needle@example.com' }).waitFor();
  });

  test('shows sessions as they are created and end, and ends one', async () => {
    const { page } = console;
    await console.go('live?filter=live.example.com', 'Live sessions');
    await page.getByText('Connected').waitFor();
    const created = Number(await countOf('Created in the last minute'));
    const client = latchkey.client();
    const { user } = await client.signup({ email: 'someone@live.example.com' });
    await page.getByRole('row', { name: /someone@live.example.com.*created/ }).waitFor();
    await expectCount('Created in the last minute', created + 1);
    await console.go(`users/${user.id}`, 'someone@live.example.com');
    const end = page.getByRole('main').getByRole('button', { name: 'End session' });
    await end.click();
    const dialog = page.getByRole('dialog');
    expect(await dialog.evaluate((shown) => getComputedStyle(shown).textAlign)).toBe('start');
    await dialog.getByRole('button', { name: 'End session' }).click();
    await page.getByText('No such session.').waitFor();
    expect((await client.send('{ me { id } }')).errors[0]?.extensions['code']).toBe('UNAUTHENTICATED');

    async function countOf(name: string) {
      return page.locator('.counts div', { hasText: name }).locator('dd').textContent();
    }
    async function expectCount(name: string, count: number) {
      const shown = page.locator('.counts div', { hasText: name }).locator('dd', { hasText: String(count) });
      await shown.waitFor();
    }
  });

  test('misses no change where its stream ends with its token', async () => {
    const { page } = console;
    await console.go('live?filter=renewed.example.com', 'Live sessions');
    await page.getByText('Connected').waitFor();
    await latchkey.client().signup({ email: 'before@renewed.example.com' });
    await page.getByRole('row', { name: /before@renewed.example.com.*created/ }).waitFor();
    const other = await signInAdministrator(latchkey);
    const renewed = page.waitForRequest((request) => Boolean(request.postDataJSON()?.variables?.since));
    // Access tokens from before other roles are refused: the stream ends, the session does not.
    const input = { roles: ['user', 'admin', 'watcher'] };
    expect(
      (await other.data(UPDATE_USER, { id: administrator.id, input })).updateUser.user.roles,
    ).toHaveLength(3);
    await renewed;
    await latchkey.client().signup({ email: 'meanwhile@renewed.example.com' });
    await page.getByRole('row', { name: /meanwhile@renewed.example.com.*created/ }).waitFor();
    await page.getByText('Connected').waitFor();
    // What is listed again is "active": the new stream continued the one before.
    await page.getByRole('row', { name: /before@renewed.example.com.*created/ }).waitFor();
  });

  test('lists the sessions again where its stream cannot be continued', async () => {
    const { page } = console;
    await page.route('**/graphql', async (route) => {
      const body = route.request().postDataJSON();
      if (!body.variables.since) return route.continue();
      const variables = { ...body.variables, since: randomUUID() };
      await route.continue({ postData: JSON.stringify({ ...body, variables }) });
    });
    const other = await signInAdministrator(latchkey);
    await other.data(UPDATE_USER, { id: administrator.id, input: { roles: ['user', 'admin'] } });
    await page.getByRole('row', { name: /before@renewed.example.com.*active/ }).waitFor();
    await page.getByText('Connected').waitFor();
    await page.unroute('**/graphql');
  });

  test('lists the sessions again where the first list failed', async () => {
    const { page } = console;
    const message = 'Too many requests.';
    const errors = [{ message, extensions: { code: 'RATE_LIMITED', retryAfterSeconds: 1 } }];
    await console.go('users', 'Users');
    let refused = 0;
    await page.route('**/graphql', (route) => {
      if (refused > 1 || !String(route.request().postDataJSON().query).includes('sessions(filter'))
        return route.continue();
      refused += 1;
      return route.fulfill({ json: { data: { sessions: null }, errors } });
    });
    await console.go('live?filter=before@renewed.example.com', 'Live sessions');
    await page.getByRole('row', { name: /before@renewed.example.com.*active/ }).waitFor();
    expect(refused).toBe(2);
    expect(await page.getByText(message).count()).toBe(0);
    await page.unroute('**/graphql');
  });

  test('shows what strangers wrote as text, and runs none of it', async () => {
    const user = await hostileUser();
    const { page } = console;
    await console.go('users?search=gpj', 'Users');
    await page.getByRole('cell', { name: HOSTILE.name }).waitFor();
    await console.go(`users/${user.id}`, HOSTILE.email);
    await page.getByRole('heading', { name: 'Sessions' }).waitFor();
    await page.locator('section', { hasText: 'IP address' }).locator('summary').first().click();
    await page.getByText(HOSTILE.userAgent).first().waitFor();
    await console.go('live?filter=owned', 'Live sessions');
    const cell = page.getByRole('row', { name: HOSTILE.email }).locator('bdi');
    await cell.first().waitFor();
    expect(await cell.first().evaluate((bdi) => getComputedStyle(bdi).unicodeBidi)).toBe('isolate');
    await console.go(`audit?subject=${user.id}`, 'Audit log');
    await page.getByText(HOSTILE.email).first().waitFor();
    expect(await page.title()).toBe('Audit log · Latchkey console');
    expect(await page.locator('main img, main svg, main script').count()).toBe(0);
  });

  test('has no serious barrier in any page, light or dark, wide or narrow', async () => {
    const user = await hostileUser();
    const { page } = console;
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      for (const width of [1440, 360]) {
        await page.setViewportSize({ width, height: 900 });
        for (const [to, heading, content] of [
          ['users', 'Users', 'table a'],
          [`users/${user.id}?sessions=ALL`, HOSTILE.email, '.events a'],
          ['live', 'Live sessions', 'tbody a'],
          ['audit', 'Audit log', 'table a'],
        ] as const) {
          await console.go(to, heading);
          await page.locator(content).first().waitFor();
          expect([to, colorScheme, width, await console.barriers()]).toEqual([to, colorScheme, width, []]);
          expect([to, width, await console.overflow()]).toEqual([to, width, 0]);
        }
      }
    }
    await page.setViewportSize({ width: 1440, height: 900 });
  });

  test('forgets a refusal once something else is typed or done', async () => {
    const { user } = await latchkey.client().signup();
    const { page } = console;
    await console.go(`users/${user.id}`, user.email);
    const roles = page.getByLabel('Roles, separated by commas');
    const refusal = page.getByRole('alert');
    await roles.fill('none such');
    await console.confirm('Change roles');
    await refusal.waitFor();
    await roles.fill('none');
    await refusal.waitFor({ state: 'detached' });
    await console.confirm('Change roles');
    await refusal.waitFor();
    await console.confirm('Disable account');
    await refusal.waitFor({ state: 'detached' });
  });

  test('tells once, in its own words, that there is no such user', async () => {
    const { page } = console;
    await console.go('users/nobody', 'User');
    await page.getByText('There is no user of this id.').waitFor();
    expect(await page.getByRole('alert').count()).toBe(0);
  });

  test('says that more events of a session may be on the next page', async () => {
    const { page } = console;
    const more = page.getByText('The next page may have more of them.');
    await page.route('**/graphql', async (route) => {
      const { query, variables } = route.request().postDataJSON();
      await route.continue({
        postData: JSON.stringify({
          query,
          variables: { ...variables, ...(variables.first && { first: 1 }) },
        }),
      });
    });
    await console.go(`audit?session=${randomUUID()}`, 'Audit log');
    await more.waitFor();
    await page.unroute('**/graphql');
  });

  test('is used by keyboard alone: the focus follows pages and dialogs', async () => {
    const { user } = await latchkey.client().signup();
    const { page } = console;
    await console.go('users', 'Users');
    expect(await focused()).toBe('H1 Users');
    await console.go(`users/${user.id}`, user.email);
    const button = page.getByRole('button', { name: 'Disable account' });
    await button.focus();
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').waitFor();
    expect(await console.barriers()).toEqual([]);
    await page.keyboard.press('Escape');
    await page.locator('dialog').waitFor({ state: 'detached' });
    expect(await focused()).toBe('BUTTON Disable account');
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').waitFor();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Enable account' }).waitFor();
    expect(await focused()).toBe('H2 Profile');

    function focused() {
      return page.evaluate(() => `${document.activeElement?.tagName} ${document.activeElement?.textContent}`);
    }
  });

  test('stays signed in over a reload, and says at once why the session ended', async () => {
    const { page } = console;
    await page.reload();
    await page.getByRole('button', { name: 'Sign out' }).waitFor();
    await console.go('live', 'Live sessions');
    await page.getByText('Connected').waitFor();
    const other = await signInAdministrator(latchkey);
    await other.data(`mutation { terminateUserSessions(userId: "${administrator.id}") { count } }`);
    await page.getByText('Your session has ended: ended by an administrator.').waitFor();
    await console.signIn(administrator.email);
    const message = 'Not now.';
    const errors = [{ message, extensions: { code: 'SERVICE_UNAVAILABLE' } }];
    const signOut = page.getByRole('button', { name: 'Sign out' });
    await signOut.waitFor();
    await page.route('**/graphql', (route) =>
      String(route.request().postDataJSON().query).includes('logout')
        ? route.fulfill({ json: { data: null, errors } })
        : route.continue(),
    );
    await signOut.click();
    await page.getByRole('alert').filter({ hasText: message }).waitFor();
    await page.unroute('**/graphql');
    await signOut.click();
    await page.getByRole('heading', { level: 1, name: 'Sign in' }).waitFor();
    await page.reload();
    await page.getByRole('heading', { level: 1, name: 'Sign in' }).waitFor();
  });

  test('asks for the password again where the sign-in is not recent', async () => {
    const { page } = console;
    await console.signIn(administrator.email);
    await page.getByRole('button', { name: 'Sign out' }).waitFor();
    await runSql(latchkey.databaseUrl, rewindSessionsWhere('user_id'), [administrator.id, 3_600]);
    await console.go(`users/${administrator.id}`, administrator.email);
    await console.confirm('End my other sessions');
    const dialog = page.getByRole('dialog', { name: 'Enter your password again' });
    await dialog.getByLabel('Password').fill('not the password');
    await dialog.getByRole('button', { name: 'Continue' }).click();
    await dialog.getByRole('alert').waitFor();
    await dialog.getByLabel('Password').fill(PASSWORD);
    await dialog.getByRole('button', { name: 'Continue' }).click();
    await page.getByText(/^\d+ sessions? ha(s|ve) ended\.$/).waitFor({ state: 'attached' });
  });

  test('shows a plain user nothing, and a wrong password why', async () => {
    const plain = await latchkey.client().signup();
    const other = await ConsolePage.open(browser, latchkey);
    await other.page.getByLabel('Password').waitFor();
    expect(await other.barriers()).toEqual([]);
    await other.signIn(plain.user.email, 'not the password');
    await other.page.getByRole('alert').waitFor();
    await other.signIn(plain.user.email);
    await other.page.getByRole('heading', { level: 1, name: 'Administrators only' }).waitFor();
    await other.go('audit', 'Administrators only');
    expect(await other.page.getByRole('link').count()).toBe(0);
    await other.page.getByRole('button', { name: 'Sign out' }).click();
    await other.page.getByRole('heading', { level: 1, name: 'Sign in' }).waitFor();
    expect(other.misdeeds).toEqual({ elsewhere: [], errors: [] });
  });

  test('says what is next where a sign-in is not complete', async () => {
    const other = await ConsolePage.open(browser, latchkey);
    await other.page.getByLabel('Password').waitFor();
    const message = 'Why.';
    const answer = async (login: object) => {
      await other.page.route('**/graphql', (route) => route.fulfill({ json: { data: { login } } }), {
        times: 1,
      });
      await other.signIn('somebody');
    };
    await answer({ __typename: 'AuthRateLimitedError', message, retryAfterSeconds: 60 });
    const refusal = other.page.getByRole('alert');
    await refusal.filter({ hasText: 'Why. Try again after' }).waitFor();
    const at = Date.parse((await refusal.locator('time').getAttribute('datetime')) ?? '');
    expect(at).toBeGreaterThan(Date.now());
    expect(at).toBeLessThanOrEqual(Date.now() + 60_000);
    await answer({ __typename: 'EmailVerificationRequired', message, email: 's•••@example.com' });
    await refusal.filter({ hasText: 'The message was sent to s•••@example.com.' }).waitFor();
  });

  test('shows a person with one scope the page of that scope', async () => {
    const watcher = await signInWithRoles(latchkey, 'user', 'watcher');
    const other = await ConsolePage.open(browser, latchkey);
    await other.signIn(watcher.email);
    await other.page.getByRole('heading', { level: 1, name: 'Live sessions' }).waitFor();
    await other.page.getByRole('row', { name: watcher.username }).first().waitFor();
    expect(await other.page.getByRole('navigation').getByRole('link').allTextContents()).toEqual([
      'Live sessions',
    ]);
    expect(await other.page.getByRole('alert').count()).toBe(0);
    await other.go('users', 'Not permitted');
    await other.go('live', 'Live sessions');
    await other.page.getByText('Connected').waitFor();
    const input = { roles: ['user', 'admin'] };
    await (await signInAdministrator(latchkey)).data(UPDATE_USER, { id: watcher.id, input });
    await other.page.getByRole('navigation').getByRole('link', { name: 'Audit log' }).waitFor();
    expect(other.misdeeds).toEqual({ elsewhere: [], errors: [] });
  });

  test('has broken no rule of its policy, and asked no other origin', () => {
    expect(console.misdeeds).toEqual({ elsewhere: [], errors: [] });
  });

  let hostile: Awaited<ReturnType<GraphQLClient['signup']>>['user'] | null = null;

  /** A user whose every text is an attack, as no API would store it. */
  async function hostileUser() {
    if (hostile !== null) return hostile;
    const { user, session } = await latchkey.client().signup();
    await runSql(latchkey.databaseUrl, 'UPDATE users SET name = $2, email = $3 WHERE id = $1', [
      user.id,
      HOSTILE.name,
      HOSTILE.email,
    ]);
    await runSql(latchkey.databaseUrl, 'UPDATE sessions SET user_agent = $2 WHERE id = $1', [
      session.id,
      HOSTILE.userAgent,
    ]);
    hostile = user;
    return user;
  }
});
