import { describe, expect, test } from '@jest/globals';
import { settingsInOrder } from '../../src/config/read-settings.ts';
import { unreadSettings } from '../../src/config/unread-settings.ts';

const meant = (name: string) => unreadSettings([name]).map((setting) => setting.meant);

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
    ['BCRYPT_ROUNDS', null],
    ['JWT_SECRET', null],
    ['REDIS_HOST', null],
    ['SESSION_SECRET', null],
    ['DATABASE_URL_FILES', 'DATABASE_URL_FILE'],
  ])('%s is told, with what is likely meant: %s', (name, setting) => {
    expect(meant(name)).toEqual([setting]);
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
