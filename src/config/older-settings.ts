/** What takes the place of settings of other auth services, and their names. */
const replacements: Readonly<Record<string, string>> = {
  'JWT_PRIVATE_KEY, or JWT_SECRET for back-ends that need a shared secret':
    'JWT_ACCESS_SECRET JWT_ACCESS_TOKEN_SECRET ACCESS_TOKEN_SECRET',
  'JWT_PRIVATE_KEY, from which the public key follows': 'JWT_PUBLIC_KEY',
  'JWT_PRIVATE_KEY, whose type decides the algorithm': 'JWT_ALGORITHM JWT_SIGNING_ALGORITHMS',
  JWT_ACCESS_EXPIRY: 'JWT_EXPIRY JWT_EXPIRATION JWT_EXPIRES_IN JWT_ACCESS_EXPIRES_IN ACCESS_TOKEN_EXPIRY',
  REFRESH_SECRET: 'JWT_REFRESH_SECRET JWT_REFRESH_TOKEN_SECRET REFRESH_TOKEN_SECRET SESSION_SECRET',
  'SESSION_LIFETIME_HOURS and SESSION_TIMEOUT_MINUTES':
    'JWT_REFRESH_EXPIRY JWT_REFRESH_EXPIRES_IN REFRESH_TOKEN_EXPIRY',
  BCRYPT_COST: 'BCRYPT_ROUNDS BCRYPT_SALT_ROUNDS SALT_ROUNDS',
  DATABASE_URL:
    'DATABASE_HOST DATABASE_NAME DATABASE_USER DATABASE_PASSWORD DB_HOST DB_NAME DB_DATABASE DB_USER DB_USERNAME DB_PASSWORD',
  REDIS_URL: 'REDIS_HOST REDIS_PASSWORD',
  SMTP_URL: 'SMTP_HOST SMTP_USER SMTP_PASS SMTP_PASSWORD',
  MAIL_FROM: 'SMTP_FROM EMAIL_FROM',
  APP_URL: 'FRONTEND_URL CLIENT_URL',
  CORS_ORIGIN: 'ALLOWED_ORIGINS',
  LOCKOUT_FAILURES: 'MAX_LOGIN_ATTEMPTS',
  'the name of the subgraph in supergraph.yaml': 'SERVICE_NAME',
};

/** Settings of other auth services, and what takes their place here. */
export const olderSettings: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(replacements).flatMap(([by, names]) => names.split(' ').map((name) => [name, by])),
);
