import { bindAddress, folder, oneOf, wholeNumber } from './plain-kinds.ts';
import { postgresUrl, secretUrl } from './secret-kinds.ts';
import type { Setting } from './setting.ts';

/** The environment of the process, where it listens and what it stores its data in. */
export const processSettings = {
  NODE_ENV: {
    accepts: oneOf('development', 'test', 'production'),
    default: 'development',
    about: 'The environment. In production no secret is generated, and required settings must be given.',
  },
  PORT: {
    accepts: wholeNumber(0, 65_535),
    default: '4001',
    about: 'Port to listen on; 0 chooses a free one.',
  },
  HOST: {
    accepts: bindAddress,
    default: {
      words: '127.0.0.1; 0.0.0.0 in a container',
      of: ({ inContainer }) => (inContainer ? '0.0.0.0' : '127.0.0.1'),
    },
    about: 'Address to listen on.',
  },
  DATABASE_URL: {
    accepts: postgresUrl,
    required: true,
    secret: true,
    about:
      'The Postgres database. Without it, an embedded Postgres runs in DATA_DIR. Of several servers (`a:5432,b:5432`) the first that accepts writes is used, unless `target_session_attrs` says otherwise.',
  },
  DATABASE_POOL_SIZE: {
    accepts: wholeNumber(1, 1_000),
    default: '10',
    about:
      'Maximum pooled connections of one instance to Postgres. Up to three more are open for its lock, a probe and migrations.',
  },
  DATABASE_TIMEOUT_SECONDS: {
    accepts: wholeNumber(1, 60),
    default: '2',
    about:
      'Seconds in which Postgres must give a connection, and answer a statement. Beyond it the request fails with SERVICE_UNAVAILABLE.',
  },
  START_TIMEOUT_SECONDS: {
    accepts: wholeNumber(0, 3_600),
    default: '30',
    about: 'Seconds for which a server that starts waits for Postgres to accept connections; 0: not at all.',
  },
  REDIS_URL: {
    accepts: secretUrl('redis', 'rediss'),
    secret: true,
    about: 'Redis, required for several instances. Without it, events and limits stay within this process.',
  },
  DATA_DIR: {
    accepts: folder,
    default: './.data',
    about: 'Folder of the embedded Postgres and of generated secrets.',
  },
} as const satisfies Record<string, Setting<unknown>>;
