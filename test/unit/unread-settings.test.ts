import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { olderSettings } from '../../src/config/older-settings.ts';
import { settingsInOrder } from '../../src/config/read-settings.ts';
import { unreadSettings } from '../../src/config/unread-settings.ts';

describe('a variable that looks like a setting and is none', () => {
  test.each([
    ['REDIS_URI', 'REDIS_URL'],
    ['DATABASE_URI', 'DATABASE_URL'],
    ['DATABSE_URL', 'DATABASE_URL'],
    ['CORS_ORIGINS', 'CORS_ORIGIN'],
    ['LOGLEVEL', 'LOG_LEVEL'],
    ['LOG_LEVLE', 'LOG_LEVEL'],
    ['NODE_EN', 'NODE_ENV'],
    ['PUBLIC_URI', 'PUBLIC_URL'],
    ['TRUSTED_PROXY', null],
    ['REFRESH_SECRETS', 'REFRESH_SECRET'],
    ['JWT_TOKENS', null],
    ['REDIS_DB', null],
    ['SESSION_NAME', null],
    ['DATABASE_URL_FILES', 'DATABASE_URL_FILE'],
  ])('%s is told, with what is likely meant: %s', (name, setting) => {
    const rest = setting === null ? 'README.md lists the settings' : `is ${setting} meant?`;
    expect(unreadSettings([name])).toEqual([`nothing reads ${name}: ${rest}`]);
  });

  test.each(Object.entries(olderSettings))(
    'of another auth service, %s, is told with what takes its place: %s',
    (name, instead) => {
      expect(unreadSettings([name])).toEqual([`nothing reads ${name}: its place is taken by ${instead}`]);
    },
  );

  test('those of another auth service are documented', () => {
    const page = readFileSync('docs/older-back-ends.md', 'utf8');
    expect(Object.keys(olderSettings).filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
  });

  test('what takes the place of a setting of another auth service is a setting', () => {
    const names = settingsInOrder().map(([name]) => name as string);
    const named = Object.values(olderSettings).flatMap((words) => words.match(/[A-Z]+(_[A-Z]+)+/g) ?? []);
    expect(named.filter((name) => !names.includes(name))).toEqual([]);
    expect(Object.keys(olderSettings).filter((name) => names.includes(name))).toEqual([]);
  });
});

describe('no other variable is told', () => {
  test('a setting, or the file of a secret', () => {
    const names = settingsInOrder().flatMap(([name, { secret }]) => [
      name,
      ...(secret ? [`${name}_FILE`] : []),
    ]);
    expect(unreadSettings(names)).toEqual([]);
  });

  test.each([
    [
      'of the system',
      'PATH HOME USER SHELL LANG LC_ALL TERM TZ PWD OLDPWD SHLVL HOSTNAME LOGNAME EDITOR TMPDIR _',
    ],
    [
      'of a desktop',
      'SESSION_MANAGER DBUS_SESSION_BUS_ADDRESS XDG_SESSION_ID DISPLAY SSH_AUTH_SOCK PASSWORD_STORE_DIR',
    ],
    ['of Windows', 'Path APPDATA COMSPEC HOMEDRIVE SESSIONNAME USERPROFILE PROGRAMDATA NODE_EXE'],
    [
      'of Node.js and npm',
      'NODE_OPTIONS NODE_PATH NODE_EXTRA_CA_CERTS NODE_DEBUG npm_config_cache npm_package_name INIT_CWD NODE',
    ],
    [
      'of Postgres',
      'PGHOST PGPORT PGUSER PGPASSWORD PGDATABASE PGSSLMODE PGDATA POSTGRES_PASSWORD POSTGRES_USER',
    ],
    [
      'of Kubernetes',
      'REDIS_SERVICE_HOST REDIS_SERVICE_PORT REDIS_PORT REDIS_PORT_6379_TCP REDIS_PORT_6379_TCP_ADDR DATABASE_PORT KUBERNETES_PORT',
    ],
    ['like PORT or HOST', 'PORTS SPORT POST HOSTS PORT_NUMBER HOST_IP ROLE'],
    [
      'of other programs',
      'CI GITHUB_TOKEN PERSONAL_ACCESS_TOKEN LOG_FORMAT PUBLIC_KEY DATA_ROOT MAX_MEMORY TEST_DATABASE_URL REQUIRE_REDIS',
    ],
  ])('%s', (_whose, names) => {
    expect(unreadSettings(names.split(' '))).toEqual([]);
  });
});
